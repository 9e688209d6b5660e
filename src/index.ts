/** The engine without the command line. */

export { backup } from './commands/backup.ts'
export type { BackupOptions, BackupSummary, DiscFill } from './commands/backup-options.ts'
export { makeSpare } from './commands/make-spare.ts'
export type { MakeSpareOptions, MakeSpareSummary } from './commands/make-spare.ts'
export { rebuild } from './commands/rebuild.ts'
export type { RebuildOptions, RebuildSummary } from './commands/rebuild-options.ts'
export { burn } from './commands/burn.ts'
export type {
  BurnedCopy,
  BurnOptions,
  BurnSummary,
  DiscToErase,
  NeededBlank,
} from './commands/burn-options.ts'
export { follow, type FollowOptions, type FollowSummary } from './commands/follow.ts'
export { type MadeImage, makeImages, type MakeImagesOptions } from './commands/make-images.ts'
export { type DiscNotes, noteDiscs } from './commands/note-discs.ts'
export { recover } from './commands/recover.ts'
export type { RecoverOptions, RecoverSummary } from './commands/recover.ts'
export { repair } from './commands/repair.ts'
export type { RepairOptions, RepairSummary } from './commands/repair-options.ts'
export { restore } from './commands/restore.ts'
export type { NeededDisc, RestoreOptions, RestoreSummary, WantedDisc } from './commands/restore-options.ts'
export { verify } from './commands/verify.ts'
export type { VerifyOptions, VerifySummary } from './commands/verify-options.ts'
export type { Secrets } from './crypto/secrets.ts'
export { ButcherError, type ErrorCode } from './errors.ts'
export type { ButcherEvent, Report } from './events.ts'
export type { Finding } from './verify/finding.ts'
export type { LostFile } from './verify/losses.ts'
export type { ChunkLoss } from './verify/verify.ts'
