/** What of a backup is stored when its run ends early: told with the reason. */

import { recordedBytes } from '../catalog/earlier-runs.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { ButcherError, stopped } from '../errors.ts'
import { showSize } from '../format/size-text.ts'

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

  /** The error with what is kept, where it is a stop by the user. */
  withKept(error: unknown): unknown {
    if (!(error instanceof ButcherError) || error.code !== 'aborted') return error
    const stored = recordedBytes(this.#db, this.#backup)
    return stopped(`stopped: ${this.#keptText(stored)}`, { cause: error })
  }

  #keptText(stored: number): string {
    if (stored === 0) return 'nothing is stored yet; run the same command to begin again'
    // The source may have less by now than earlier runs stored of it.
    const of = this.#totalBytes === undefined ? '' : ` of ${showSize(Math.max(stored, this.#totalBytes))}`
    return `${showSize(stored)}${of} are stored; run the same command to resume`
  }
}
