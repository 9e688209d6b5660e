/**
 * The objects that `--json` prints. docs/json.md is made from these types and their comments. Names are in
 * snake_case on the wire, and times are ISO 8601 in UTC.
 */

import type { BackupSummary } from '../commands/backup/backup-options.ts'
import type { BurnedCopy, BurnPlan, BurnSummary } from '../commands/burn/burn-options.ts'
import type { BackupDeviceSummary } from '../commands/device/backup-device-options.ts'
import type { RestoreDeviceSummary } from '../commands/device/restore-device-options.ts'
import type { FollowSummary } from '../commands/burn/follow-options.ts'
import type { MadeIndex } from '../commands/label/index-page.ts'
import type { MadeLabels } from '../commands/label/label-options.ts'
import type { MadeImage, MakeImagesSummary } from '../commands/burn/make-images-options.ts'
import type { MakeSpareSummary } from '../commands/spare/spare-options.ts'
import type {
  DamagedFile,
  PartitionCheck,
  RestoredPartition,
} from '../commands/partition/partition-options.ts'
import type { RecoverSummary } from '../commands/spare/spare-options.ts'
import type { RepairSummary } from '../commands/repair/repair-options.ts'
import type { PruneSummary } from '../commands/retention/prune-options.ts'
import type { PinSummary } from '../commands/retention/forget-options.ts'
import type { RestoreSummary } from '../commands/restore/restore-options.ts'
import type { ClonezillaDisk, ClonezillaPartition } from '../partition/clonezilla.ts'
import type { Damage, PartitionFacts } from '../partition/partition-image.ts'
import type { JobObjects } from './jobs/json-objects.ts'
import type { ServedMount } from './serve-mount.ts'
import type { WantedDisc } from '../set/needed-disc.ts'
import type { PackChunkSummary, WorkedChunk, WorkerSummary } from '../commands/worker/worker-options.ts'
import type { VerifySummary } from '../commands/verify/verify-options.ts'
import type { ProgressObject } from './progress-object.ts'
import type {
  BackupObject,
  ForgetSummaryObject,
  JudgedObject,
  RebuildSummaryObject,
} from './json-backup-rows.ts'
import type {
  WarningObject,
  ErrorObject,
  ListedObject,
  FoundObject,
  ChangeObject,
  DeviceObject,
  DiscObject,
  DueObject,
  SpareObject,
  DiscLossObject,
  BackupLossObject,
  LostPathObject,
  PlannedDiscObject,
  FileObject,
  FileLossObject,
  ProgramObject,
} from './json-rows.ts'

/** By command, and by the `type` of a line. */
export interface JsonObjects extends JobObjects {
  readonly '': {
    /** Printed at least every half second while a command works, and at the start of each stage. */
    readonly progress: ProgressObject
    /** Trouble that does not stop the command. */
    readonly warning: WarningObject
    /** The last line, if the command failed. */
    readonly error: ErrorObject
  }
  readonly backup: { readonly summary: BackupSummary & Notes }
  readonly 'backup --burn': { readonly copy: BurnedCopy; readonly summary: FollowSummary & Notes }
  readonly worker: {
    /** A chunk that was packed. */
    readonly chunk: WorkedChunk
    readonly summary: WorkerSummary & Notes
  }
  readonly 'pack-chunk': { readonly summary: PackChunkSummary & Notes }
  readonly restore: {
    /** A disc that is needed, with `--plan`. */
    readonly disc: PlannedDiscObject
    /** A disc that the command waits for, with `--wait`. */
    readonly needed: WantedDisc
    readonly summary: Omit<RestoreSummary, 'plan'> & Notes
  }
  readonly 'device list': { readonly device: DeviceObject }
  readonly 'device backup': { readonly summary: BackupDeviceSummary & Notes }
  readonly 'device restore': { readonly summary: RestoreDeviceSummary & Notes }
  readonly list: { readonly entry: ListedObject; readonly summary: ListSummaryObject }
  readonly find: { readonly entry: FoundObject; readonly summary: FindSummaryObject }
  readonly log: { readonly backup: BackupObject; readonly summary: LogSummaryObject }
  readonly forget: { readonly backup: JudgedObject; readonly summary: ForgetSummaryObject & Notes }
  readonly prune: { readonly summary: PruneSummary & Notes }
  readonly pin: { readonly summary: PinSummary & Notes }
  readonly unpin: { readonly summary: PinSummary & Notes }
  readonly diff: { readonly change: ChangeObject; readonly summary: DiffSummaryObject }
  readonly discs: {
    readonly disc: DiscObject
    readonly spare: SpareObject
    readonly summary: DiscsSummaryObject
  }
  readonly 'discs --due': { readonly due: DueObject; readonly summary: DueSummaryObject }
  readonly 'discs --if-lost': {
    readonly disc: DiscLossObject
    readonly backup: BackupLossObject
    /** A file that would be lost. */
    readonly loss: LostPathObject
    readonly summary: LossSummaryObject
  }
  readonly mount: { readonly summary: MountSummaryObject & Notes }
  readonly 'partition mount': { readonly summary: ServedMount & PartitionMountObject & Notes }
  readonly unmount: { readonly summary: UnmountSummaryObject }
  readonly index: { readonly summary: MadeIndex }
  readonly burn: {
    /** A copy that was burned and read back. */
    readonly copy: BurnedCopy
    readonly summary: BurnSummary & Notes
  }
  readonly 'burn --follow': { readonly copy: BurnedCopy; readonly summary: FollowSummary & Notes }
  readonly 'burn --dry-run': { readonly summary: BurnPlan & DryRun }
  readonly iso: { readonly image: MadeImage; readonly summary: MakeImagesSummary & Notes }
  readonly label: { readonly label: MadeLabels['labels'][number]; readonly summary: LabelSummaryObject }
  readonly verify: {
    readonly file: FileObject
    /** A source file that a damaged or missing chunk affects. */
    readonly loss: FileLossObject
    readonly summary: VerifySummary & Notes
  }
  readonly repair: { readonly summary: RepairSummary & Notes }
  readonly spare: { readonly summary: MakeSpareSummary & Notes }
  readonly recover: { readonly summary: RecoverSummary & Notes }
  readonly rebuild: { readonly summary: RebuildSummaryObject }
  readonly 'partition info': { readonly summary: PartitionFacts }
  readonly 'partition info FOLDER': {
    /** A disk in a folder of Clonezilla. */
    readonly disk: ClonezillaDisk
    /** A partition in a folder of Clonezilla. */
    readonly partition: ClonezillaPartition
    readonly summary: ClonezillaSummaryObject
  }
  readonly 'partition check': {
    /** Damage of the image. */
    readonly damage: Damage
    /** A file with damaged blocks, with `--files`. */
    readonly file: DamagedFile
    readonly summary: PartitionCheck
  }
  readonly 'partition restore': { readonly summary: RestoredPartition }
  readonly doctor: { readonly program: ProgramObject; readonly summary: DoctorSummaryObject }
}

/** The mount serves when this is printed. */
interface MountSummaryObject extends ServedMount {
  /** The id of the set. */
  readonly set: string
  /** The backup that `latest` shows. */
  readonly backup: number
  readonly backups: number
  /** The discs with chunks that were found. */
  readonly discs: readonly number[]
  /** The discs with chunks that were not found: their files cannot be read. */
  readonly missingDiscs: readonly number[]
}

interface Notes {
  /** Messages that a terminal shows beside the warnings. */
  readonly notes: readonly string[]
}

interface DryRun {
  /** Always true: nothing was burned. */
  readonly dryRun: boolean
}

interface ListSummaryObject {
  readonly backup: number
  readonly entries: number
  readonly files: number
  readonly bytes: number
}

interface FindSummaryObject {
  /** Number of lines. */
  readonly found: number
}

interface LogSummaryObject {
  /** Number of backups. */
  readonly backups: number
}

interface DiffSummaryObject {
  /** The earlier backup. */
  readonly from: number
  /** The later backup. */
  readonly to: number
  readonly new: number
  readonly changed: number
  readonly moved: number
  readonly deleted: number
  /** Paths with the same content and other metadata. */
  readonly metadata: number
}

interface DiscsSummaryObject {
  /** Number of discs. */
  readonly discs: number
  /** Number of spares. */
  readonly spares?: number
}

interface DueSummaryObject {
  /** Number of copies to verify. */
  readonly due: number
}

interface LossSummaryObject {
  /** Versions of files that would be lost. */
  readonly files_lost: number
  readonly bytes_lost: number
  /** Versions of files on these discs that other discs also hold. */
  readonly stored_twice: number
}

interface PartitionMountObject {
  /** The virtual partition. */
  readonly file: string
  /** As the image names it. */
  readonly file_system: string
  /** Size of the partition. */
  readonly device_bytes: number
  /** null if butcher knows none for this file system. */
  readonly check_command: string | null
  /** Mounts the partition on /mnt; null if butcher knows none. */
  readonly mount_command: string | null
}

interface UnmountSummaryObject {
  /** The real path of the folder. */
  readonly folder: string
  /** The thing that was mounted there. */
  readonly source: string
}

interface LabelSummaryObject {
  /** The files written. */
  readonly files: readonly string[]
  /** Number of labels. */
  readonly labels: number
}

interface ClonezillaSummaryObject {
  /** Number of disks. */
  readonly disks: number
  /** Number of partitions. */
  readonly partitions: number
  /** Number of images whose header can be read. */
  readonly images: number
}

interface DoctorSummaryObject {
  /** Number of programs that are installed. */
  readonly found: number
  /** Number of programs that are missing. */
  readonly missing: number
}
