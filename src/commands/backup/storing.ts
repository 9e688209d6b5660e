/** Tracks the stored bytes of a backup, for the message if its run ends early. */

import { recordedBytes } from '../../catalog/earlier-runs.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { ButcherError, stopped } from '../../errors.ts'
import { showSize } from '../../format/size-text.ts'

export class Storing {
  readonly #db: Catalog
  readonly #backup: number
  #totalBytes: number | undefined

  constructor(db: Catalog, backup: number) {
    this.#db = db
    this.#backup = backup
  }

  /** Sets the total size of all new or changed files in the backup, for all its runs. */
  toStore(bytes: number): void {
    this.#totalBytes = bytes
  }

  /** Adds the kept bytes to the error, if the user stopped the run or the destination is full. */
  withKept(error: unknown): unknown {
    if (!(error instanceof ButcherError) || !['aborted', 'no-space'].includes(error.code)) return error
    const stored = recordedBytes(this.#db, this.#backup)
    if (error.code === 'no-space') return this.#full(error, stored)
    return stopped(`stopped: ${this.#keptText(stored)}`, { cause: error })
  }

  #full(error: ButcherError, stored: number): ButcherError {
    const { path, hint } = error
    return new ButcherError(error.code, `${error.message}; ${this.#storedText(stored)}`, {
      ...(path === undefined ? {} : { path }),
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    })
  }

  #keptText(stored: number): string {
    const next = stored === 0 ? 'begin again' : 'resume'
    return `${this.#storedText(stored)}; run the same command to ${next}`
  }

  #storedText(stored: number): string {
    if (stored === 0) return 'nothing is stored yet'
    // The source may have shrunk since earlier runs stored it.
    const of = this.#totalBytes === undefined ? '' : ` of ${showSize(Math.max(stored, this.#totalBytes))}`
    return `${showSize(stored)}${of} are stored`
  }
}
