/** The lines of `--json` that are not summaries: their fields, with the names and forms on the wire. */

import type { DiscLoss } from '../commands/catalog/if-lost.ts'
import type { PlannedDisc } from '../commands/restore/restore-options.ts'
import type { ChangeKind } from '../catalog/compare-backups.ts'
import type { Bus } from '../device/device.ts'
import type { ErrorCode } from '../errors.ts'
import type { EntryType } from '../format/manifest.ts'
import type { FileStatus } from '../verify/finding.ts'

/** A line: its object, and which one it is. */
export type Typed<T> = T & { readonly type: string }

export interface WarningObject {
  /** The path with the trouble. */
  readonly path?: string
  /** `source`: the path is missing from the backup, or not as in the source (exit status 3). */
  readonly kind: 'source' | 'restore' | 'other'
  readonly message: string
}

export interface ErrorObject {
  /** The kind of error. */
  readonly code: ErrorCode
  readonly message: string
  /** The next step for the user. */
  readonly hint: string | null
  /** The path with the trouble. */
  readonly path?: string
}

export interface EntryObject {
  readonly path: string
  readonly kind: EntryType
  /** Permissions in octal, with setuid, setgid and sticky. */
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  readonly mtime: string
  /** Bytes of the content. */
  readonly size: number | null
  /** Of the whole content, lower-case hex. */
  readonly hash: string | null
  /** The target of a symlink, or the path that a hard link shares its content with. */
  readonly link: string | null
  /** Major and minor number of a device. */
  readonly device: string | null
}

export interface ListedObject extends EntryObject {
  /** The backup that has the path. */
  readonly backup: number
}

export interface FoundObject extends EntryObject {
  readonly first_backup: number
  readonly last_backup: number
  /** The places of the content, in the order of its parts. */
  readonly stored: readonly StoredObject[]
}

interface StoredObject {
  readonly part: number
  readonly disc: number
  readonly chunk: number
}

export interface ChangeObject {
  /** The kind of change. */
  readonly change: ChangeKind
  readonly path: string
  /** The former path of a moved file. */
  readonly origin?: string
  /** null if the path is new. */
  readonly before: SideObject | null
  /** null if the path was deleted. */
  readonly after: SideObject | null
}

export interface SideObject {
  readonly kind: EntryType
  readonly size: number | null
  readonly mtime: string
}

export interface DiscObject {
  readonly disc: number
  readonly label: string
  /** `open`, `sealed`, or the state of its best copy. */
  readonly state: string
  readonly medium: string
  /** Bytes in use. null if a stopped backup has not settled it yet. */
  readonly bytes: number | null
  /** Bytes that the medium holds. null without a limit. */
  readonly capacity: number | null
  readonly chunks: number
  readonly burned: string | null
  readonly verified: string | null
  readonly location: string | null
  /** The folder of the disc, if it is in the place given. */
  readonly folder: string | null
  readonly copies: readonly CopyObject[]
}

export interface DeviceObject {
  /** `/dev/sdb`. */
  readonly path: string
  readonly bytes: number
  /** The smallest unit that it reads and writes. */
  readonly sector_bytes: number
  /** Name of the hardware, if it has one. */
  readonly model: string | null
  /** Serial number, if it has one. */
  readonly serial: string | null
  /** The way it is connected. */
  readonly bus: Bus
  /** A card or a USB disk, by its connection. */
  readonly removable: boolean
  /** The switch of the card, for example. */
  readonly read_only: boolean
  /** Whether the running system is on it. */
  readonly system: boolean
  /** Places where it or a partition of it is mounted. */
  readonly mounted: readonly string[]
  /** Its partitions, or the disk itself if a file system fills it. */
  readonly partitions: readonly DevicePartitionObject[]
  /** Whether butcher images and writes it. */
  readonly selectable: boolean
  /** Why it is not selectable, or null. */
  readonly reason: string | null
}

interface DevicePartitionObject {
  readonly path: string
  readonly bytes: number
  /** As blkid names it, if it is known. */
  readonly file_system: string | null
  readonly label: string | null
}

export interface ReadObject {
  /** Time of the last verification. */
  readonly read: string | null
  /** Result of the last verification. */
  readonly result: 'sound' | 'damaged' | null
  /** Damaged files found by the last verification. */
  readonly damaged_files: number | null
}

interface CopyObject extends ReadObject {
  readonly copy: number
  readonly state: string
  /** null if butcher did not burn this copy. */
  readonly burned: string | null
  /** The drive. */
  readonly burner: string | null
  readonly location: string | null
}

export interface DueObject extends ReadObject {
  readonly disc: number
  /** null if no copy is known. */
  readonly copy: number | null
  readonly label: string
  readonly state: string
  readonly location: string | null
}

export interface SpareObject {
  readonly spare: number
  readonly label: string
  /** The discs of its group. */
  readonly discs: readonly number[]
  readonly bytes: number
  readonly created: string
  readonly location: string | null
  /** The folder of the spare, if it is in the place given. */
  readonly folder: string | null
}

export interface DiscLossObject extends Omit<DiscLoss, 'spare'> {
  /** The spare that can replace the disc, and the other discs of its group. */
  readonly spare: { readonly spare: number; readonly discs: readonly number[] } | null
}

export interface BackupLossObject {
  readonly backup: number
  readonly name: string | null
  /** Files of this backup that would be lost. */
  readonly files_lost: number
  readonly bytes_lost: number
}

export interface LostPathObject {
  readonly path: string
  readonly first_backup: number
  readonly last_backup: number
  readonly bytes: number
}

export interface PlannedDiscObject extends PlannedDisc {
  /** Position in the reading order, from 1. */
  readonly order: number
}

export interface FileObject {
  /** The place that the disc was read from. */
  readonly place: string
  readonly disc: number | null
  /** Name of the file on the disc. */
  readonly file: string
  /** The result for this file. */
  readonly status: FileStatus
  readonly bytes: number
  /** The chunk that the catalog has under this name. */
  readonly chunk: number | null
  /** The fault, if there is one. */
  readonly message: string | null
  /** Parts of the file that cannot be read. */
  readonly unreadable: readonly UnreadableObject[]
}

interface UnreadableObject {
  /** Position in the file. */
  readonly offset: number
  readonly bytes: number
  readonly reason: string
  /** The first sector of the image or drive. */
  readonly sector?: number
  /** Number of sectors. */
  readonly sectors?: number
}

export interface FileLossObject extends LostPathObject {
  readonly disc: number
  readonly chunk: number
  /** A second stored copy of the content. */
  readonly copy: { readonly chunks: readonly number[]; readonly discs: readonly number[] } | null
}

export interface ProgramObject {
  readonly program: string
  /** Whether it is installed. */
  readonly found: boolean
  /** null if it is not installed. */
  readonly path: string | null
  readonly version: string | null
  /** The feature that needs it. */
  readonly adds: string
  /** Package of Debian, `npm: koffi`, or `kernel: fuse`. */
  readonly package: string
}
