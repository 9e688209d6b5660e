/** What packing comes to. */

export interface PackResult {
  /** False where the discs allowed are full and more is to be stored. */
  readonly complete: boolean
  /** The user stopped it: what is on the discs is whole, and the rest is for the next run. */
  readonly stopped: boolean
  /** What the last chunk says of when all was stored, in milliseconds since 1970; undefined where none does. */
  readonly finished: number | undefined
  readonly chunks: number
  readonly bytesStored: number
  readonly discs: readonly number[]
  readonly fullDiscs: readonly number[]
  readonly sourceProblems: number
  readonly stored: StoredFiles
}

/** The files stored in full, by what the backup before says of them, and their bytes. */
export interface StoredFiles {
  readonly new: number
  readonly changed: number
  readonly bytes: number
}
