import type { Report } from '../../events.ts'
import type { Device } from '../../device/device.ts'

export interface RestoreDeviceOptions {
  /** A raw image, plain or compressed, an image of a partition, or `-` for stdin. */
  readonly image: string
  /** Whole disks: `/dev/sdb`. */
  readonly devices: readonly string[]
  /** For each disk that may be erased, its serial number, or `PATH:BYTES` if it has none. */
  readonly erase?: readonly string[]
  /** Asked for each disk that `erase` does not name. */
  readonly confirm?: (device: Device) => Promise<boolean>
  /** The bytes of an image from stdin. */
  readonly bytes?: number
  /** Reads everything back. Default: true. */
  readonly verify?: boolean
  /** Also writes to disks inside of the machine that nothing uses. */
  readonly internal?: boolean
  /** On a larger disk, moves the backup of a GPT to its end. */
  readonly moveGpt?: boolean
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface RestoredDevice {
  /** Path of the disk. */
  readonly device: string
  /** Why it failed, or null. */
  readonly error: string | null
  /** Whether it was read back and compared. */
  readonly verified: boolean
}

export interface RestoreDeviceSummary {
  /** Path of the image, or `-`. */
  readonly image: string
  /** Bytes of the raw image. */
  readonly imageBytes: number
  /** Of the bytes of the raw image, in hex. null for a plain file that has no record beside it. */
  readonly rawSha256: string | null
  /** One for each disk of the call. */
  readonly devices: readonly RestoredDevice[]
  readonly seconds: number
}
