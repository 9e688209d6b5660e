/** What of a backup is stored when its run ends early: told with the reason. */

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

  /** Notes the size of all files that are new or changed in the backup, whichever of its runs stores them. */
  toStore(bytes: number): void {
    this.#totalBytes = bytes
  }

  /** The error with what is kept, if the user stopped the run or the destination is full. */
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
    // The source may have less by now than earlier runs stored of it.
    const of = this.#totalBytes === undefined ? '' : ` of ${showSize(Math.max(stored, this.#totalBytes))}`
    return `${showSize(stored)}${of} are stored`
  }
}
