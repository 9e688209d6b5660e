/** The engine without the command line. */

export { backup } from './commands/backup/backup.ts'
export type { BackupOptions, BackupSummary, DiscFill } from './commands/backup/backup-options.ts'
export { makeSpare } from './commands/spare/make-spare.ts'
export type { MakeSpareOptions, MakeSpareSummary } from './commands/spare/spare-options.ts'
export { rebuild } from './commands/rebuild/rebuild.ts'
export type { RebuildOptions, RebuildSummary } from './commands/rebuild/rebuild-options.ts'
export { burn } from './commands/burn/burn.ts'
export type {
  BurnedCopy,
  BurnOptions,
  BurnSummary,
  DiscToErase,
  NeededBlank,
} from './commands/burn/burn-options.ts'
export { follow } from './commands/burn/follow.ts'
export type { FollowOptions, FollowSummary } from './commands/burn/follow-options.ts'
export { makeImages } from './commands/burn/make-images.ts'
export type { MadeImage, MakeImagesOptions } from './commands/burn/make-images-options.ts'
export { noteDiscs } from './commands/catalog/note-discs.ts'
export type { DiscNotes, NoteDiscsOptions } from './commands/catalog/note-discs-options.ts'
export type { BurnPlan } from './commands/burn/burn-options.ts'
export { doctor, type ProgramReport } from './commands/catalog/doctor.ts'
export { forget } from './commands/retention/forget.ts'
export { prune } from './commands/retention/prune.ts'
export type { PruneOptions, PruneSummary } from './commands/retention/prune-options.ts'
export { pin, unpin } from './commands/retention/pin.ts'
export type {
  ForgetOptions,
  ForgetSummary,
  JudgedBackup,
  KeepRules,
  PinOptions,
  PinSummary,
} from './commands/retention/forget-options.ts'
export { backupDevice } from './commands/device/backup-device.ts'
export type { BackupDeviceOptions, BackupDeviceSummary } from './commands/device/backup-device-options.ts'
export { restoreDevice } from './commands/device/restore-device.ts'
export type {
  RestoredDevice,
  RestoreDeviceOptions,
  RestoreDeviceSummary,
} from './commands/device/restore-device-options.ts'
export { devices } from './commands/device/devices.ts'
export type { Bus, Device, DevicePartition } from './device/device.ts'
export { checkPartition } from './commands/partition/check.ts'
export { clonezillaInfo, partitionInfo } from './commands/partition/info.ts'
export { restorePartition } from './commands/partition/restore.ts'
export type {
  CheckPartitionOptions,
  ClonezillaInfoOptions,
  DamagedFile,
  PartitionCheck,
  PartitionInfo,
  PartitionInfoOptions,
  RestoredPartition,
  RestorePartitionOptions,
} from './commands/partition/partition-options.ts'
export type { ClonezillaDisk, ClonezillaFolder, ClonezillaPartition } from './partition/clonezilla.ts'
export { openPartitionImage } from './partition/open-partition-image.ts'
export type { OpenPartitionOptions } from './partition/open-options.ts'
export type {
  BlockRange,
  Blocks,
  Damage,
  PartitionFacts,
  PartitionImage,
} from './partition/partition-image.ts'
export { recover } from './commands/spare/recover.ts'
export type { RecoverOptions, RecoverSummary } from './commands/spare/spare-options.ts'
export { repair } from './commands/repair/repair.ts'
export type { RepairOptions, RepairSummary } from './commands/repair/repair-options.ts'
export { restore } from './commands/restore/restore.ts'
export type { NeededDisc, WantedDisc } from './set/needed-disc.ts'
export type { RestoreOptions, RestoreSummary } from './commands/restore/restore-options.ts'
export { verify } from './commands/verify/verify.ts'
export type { VerifyOptions, VerifySummary } from './commands/verify/verify-options.ts'
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
export type { Remedy } from './catalog/remedies.ts'
export type { FoundEntry } from './commands/catalog/find.ts'
export type { Change } from './catalog/compare-backups.ts'
export type { DueDisc, InventoryDisc, InventorySpare } from './commands/catalog/discs.ts'
export type { LoggedBackup } from './commands/catalog/log.ts'
export type { MadeIndex } from './commands/label/index-page.ts'
export type { MadeLabels } from './commands/label/label-options.ts'
export type { MakeImagesSummary } from './commands/burn/make-images-options.ts'
export type { Secrets } from './crypto/secrets.ts'
export { ButcherError, type ErrorCode } from './errors.ts'
export type { ButcherEvent, Report } from './events.ts'
export type { Finding } from './verify/finding.ts'
export type { LostFile } from './catalog/losses.ts'
export type { ChunkLoss } from './verify/verify.ts'
