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
export { type DiscNotes, noteDiscs, type NoteDiscsOptions } from './commands/note-discs.ts'
export type { BurnPlan } from './commands/burn-options.ts'
export { doctor, type ProgramReport } from './commands/doctor.ts'
export { recover } from './commands/recover.ts'
export type { RecoverOptions, RecoverSummary } from './commands/recover.ts'
export { repair } from './commands/repair.ts'
export type { RepairOptions, RepairSummary } from './commands/repair-options.ts'
export { restore } from './commands/restore.ts'
export type { NeededDisc, WantedDisc } from './commands/needed-disc.ts'
export type { RestoreOptions, RestoreSummary } from './commands/restore-options.ts'
export { verify } from './commands/verify.ts'
export type { VerifyOptions, VerifySummary } from './commands/verify-options.ts'
export {
  diff,
  type DiffOptions,
  type DiffSummary,
  find,
  type FindOptions,
  list,
  type ListOptions,
  type ListSummary,
} from './library/entries.ts'
export type { ReadOptions } from './library/open-for-reading.ts'
export { label, type LabelOptions, makeIndex, type MakeIndexOptions } from './library/pages.ts'
export {
  discs,
  dueDiscs,
  type DueOptions,
  ifLost,
  type IfLostOptions,
  type Inventory,
  log,
  type Loss,
  planBurn,
} from './library/set.ts'
export type { EntryRow } from './catalog/entry-rows.ts'
export type { FoundEntry } from './commands/find.ts'
export type { Change } from './diff/compare-backups.ts'
export type { DueDisc, InventoryDisc, InventorySpare } from './commands/discs.ts'
export type { LoggedBackup } from './commands/log.ts'
export type { MadeIndex } from './commands/index-page.ts'
export type { MadeLabels } from './commands/label-options.ts'
export type { MakeImagesSummary } from './commands/make-images.ts'
export type { Secrets } from './crypto/secrets.ts'
export { ButcherError, type ErrorCode } from './errors.ts'
export type { ButcherEvent, Report } from './events.ts'
export type { Finding } from './verify/finding.ts'
export type { LostFile } from './verify/losses.ts'
export type { ChunkLoss } from './verify/verify.ts'
