import type { Report } from '../../events.ts'

export interface RepairOptions {
  /** A disc's folder, or an image of it. */
  readonly disc: string
  /** A folder that is empty or does not exist. */
  readonly out: string
  readonly jobs?: number
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface RepairSummary {
  /** Sound files in `out`, with the parity. */
  readonly files: number
  readonly bytes: number
  /** Names of the repaired files, relative to the disc. */
  readonly repaired: readonly string[]
  /** Names of the files that could not be repaired. They are not in `out`. */
  readonly wrong: readonly string[]
  /** Number of further blocks that par2 needs. null if unknown. */
  readonly blocksMissing: number | null
  /** Whether the disc has parity. */
  readonly hasParity: boolean
  /** Whether the SHA256SUMS of the disc confirms every file. */
  readonly identical: boolean
  readonly seconds: number
}

/** The state of a repair. */
export interface Repair {
  /** A folder, an image, or a drive. */
  readonly disc: string
  readonly isFolder: boolean
  /** An image file: every byte of it can be searched. */
  readonly isImage: boolean
  readonly out: string
  /** In `out`, because par2 searches for blocks nowhere else; removed at the end. */
  readonly work: string
  readonly jobs: number
  readonly report: Report
  readonly signal: AbortSignal | undefined
}
