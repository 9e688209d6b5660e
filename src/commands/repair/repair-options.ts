import type { Report } from '../../events.ts'

export interface RepairOptions {
  /** A disc's folder, or an image of it. */
  readonly disc: string
  /** A folder, which is empty or not there. */
  readonly out: string
  readonly jobs?: number
  readonly report?: Report
  readonly signal?: AbortSignal
}

export interface RepairSummary {
  /** Files of the disc, parity among them, that `out` has as they were. */
  readonly files: number
  readonly bytes: number
  /** Names, relative to the disc: what was damaged or missing, and is right now. */
  readonly repaired: readonly string[]
  /** What is still not right, and so not in `out`. */
  readonly wrong: readonly string[]
  /** Further blocks that par2 would need; null where that is not known. */
  readonly blocksMissing: number | null
  readonly hasParity: boolean
  /** Whether SHA256SUMS, the disc's own, confirms every file. */
  readonly identical: boolean
  readonly seconds: number
}

/** One repair at work. */
export interface Repair {
  /** A folder, an image, or a drive. */
  readonly disc: string
  readonly isFolder: boolean
  /** A file, of which every byte can be searched. */
  readonly isImage: boolean
  readonly out: string
  /** In `out`, as par2 looks for blocks nowhere else; removed in the end. */
  readonly work: string
  readonly jobs: number
  readonly report: Report
  readonly signal: AbortSignal | undefined
}
