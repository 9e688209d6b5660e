/** The result of packing. */

export interface PackResult {
  /** False if the allowed discs are full and items are left. */
  readonly complete: boolean
  /** The user stopped the run. The discs are consistent, and the next run stores the rest. */
  readonly stopped: boolean
  /** The end time that the last chunk records, in milliseconds since 1970. Undefined if no chunk does. */
  readonly finished: number | undefined
  readonly chunks: number
  readonly bytesStored: number
  readonly discs: readonly number[]
  readonly fullDiscs: readonly number[]
  readonly sourceProblems: number
  readonly stored: StoredFiles
}

/** The files stored in full, by their state in the previous backup, and their bytes. */
interface StoredFiles {
  readonly new: number
  readonly changed: number
  readonly bytes: number
}
