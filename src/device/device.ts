/** A disk as the kernel shows it, and the judgement whether butcher may image or write it. */

export interface DevicePartition {
  /** `/dev/sdb1`. */
  readonly path: string
  /** On the disk. */
  readonly start: number
  readonly bytes: number
  /** As blkid names it (`vfat`, `ext4`), null if unknown. */
  readonly fileSystem: string | null
  readonly label: string | null
}

export type Bus =
  'usb' | 'sd' | 'mmc' | 'nvme' | 'sata' | 'scsi' | 'virtio' | 'loop' | 'optical' | 'virtual' | 'other'

export interface Device {
  /** `/dev/sdb`. */
  readonly path: string
  readonly bytes: number
  readonly sectorBytes: number
  /** Without control characters; null if the hardware tells none. */
  readonly model: string | null
  readonly serial: string | null
  readonly bus: Bus
  readonly removable: boolean
  readonly readOnly: boolean
  /** Whether the running system is on it: a system folder, swap, or a device that is built on it. */
  readonly system: boolean
  /** Places at which it or a part of it is mounted. */
  readonly mounted: readonly string[]
  readonly partitions: readonly DevicePartition[]
  /** Whether butcher offers it: a removable disk that nothing uses, but for mounts of the desktop. */
  readonly selectable: boolean
  /** Why it is not selectable, or null. */
  readonly reason: string | null
  /** Paths of disks with the same serial number, or of disks without one that have the same model. */
  readonly twins: readonly string[]
  /**
   * Rises with each disk that appears: tells a disk from its successor with the same name. Null before Linux
   * 5.15.
   */
  readonly sequence: number | null
}
