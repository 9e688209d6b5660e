import type { Device } from '../../device/device.ts'
import type { Report } from '../../events.ts'
import type { Coverage } from '../../partition/image-layout.ts'
import type { BlockRange, Damage, Detail, PartitionFacts } from '../../partition/partition-image.ts'

export interface PartitionInfoOptions {
  /** The image, the first of its parts, or `-` for stdin. */
  readonly image: string
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface PartitionInfo {
  readonly facts: PartitionFacts
  /** More of the header. */
  readonly details: readonly Detail[]
}

export interface ClonezillaInfoOptions {
  /** A folder that Clonezilla made. */
  readonly folder: string
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface CheckPartitionOptions {
  /** The image, the first of its parts, or `-` for stdin. */
  readonly image: string
  /** Names the files that damaged blocks belong to, with debugfs or ntfscluster. */
  readonly files?: boolean
  /** Hears of each damage as soon as it is found. */
  readonly onDamage?: (damage: Damage) => void
  /** Hears of each file with damaged blocks. */
  readonly onFile?: (file: DamagedFile) => void
  readonly report?: Report
  readonly signal?: AbortSignal
}

/** A file of the partition that has damaged blocks. */
export interface DamagedFile {
  /** Path in the partition, as the program for the file system prints it. */
  readonly path: string
  /** Number of the inode. */
  readonly inode: number
}

export interface PartitionCheck {
  /** Whether nothing is damaged, as far as the checksums tell. */
  readonly sound: boolean
  /** Used blocks that are read. */
  readonly blocks: number
  /** Blocks with a wrong checksum, or missing. */
  readonly blocksDamaged: number
  /** Bytes of these blocks. */
  readonly bytesDamaged: number
  /** Number of the `damage` lines. */
  readonly damages: number
  /** The bytes that the checksums cover: every one, the first of each block, or none. */
  readonly covered: Coverage
  /** Files with damaged blocks. null if nobody asked for them. */
  readonly files: number | null
  /** Facts that limit the result. */
  readonly warnings: readonly string[]
  readonly seconds: number
}

export interface RestorePartitionOptions {
  /** The image, the first of its parts, or `-` for stdin. */
  readonly image: string
  /** A new file, a disk or partition, or `-` for stdout. */
  readonly out: string
  /** The bytes of unused blocks in hex. Default: zeros, in a file as holes. */
  readonly fill?: string
  /** Also writes the copy of the boot sector that NTFS images of partclone and partimage lack. */
  readonly bootSectorCopy?: boolean
  /** Restores also blocks that do not match their checksum. Each is reported. */
  readonly ignoreChecksums?: boolean
  /** Of a device: leaves the unused blocks as they are. */
  readonly usedOnly?: boolean
  /** Makes no SHA-256 of the partition. */
  readonly noSum?: boolean
  /** Replaces a file that is there. */
  readonly overwrite?: boolean
  /** For a device that may be erased, the serial number of its disk, or `PATH:BYTES` if it has none. */
  readonly erase?: readonly string[]
  /** Asked if `erase` does not name the device. */
  readonly confirm?: (device: Device) => Promise<boolean>
  /** Reads a device back, and compares. Default: true. */
  readonly verify?: boolean
  /** Also writes to a disk inside of the machine that nothing uses, or to a partition of it. */
  readonly internal?: boolean
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface RestoredPartition {
  /** The file or device written. */
  readonly out: string
  /** Size of the partition. */
  readonly bytes: number
  /** Bytes of the used blocks. */
  readonly bytesUsed: number
  /** Whether it was read back from a device, and compared. */
  readonly verified: boolean
  /** SHA-256 of the whole partition. null without a sum. */
  readonly sha256: string | null
  /** Ranges that are restored in spite of a wrong checksum, or left out because the image ends before. */
  readonly damaged: readonly BlockRange[]
  /** Facts that a user should know. */
  readonly warnings: readonly string[]
  readonly seconds: number
}
