import { findReplaced, mayReplace, replacedLines } from '../catalog/replaced-contents.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import type { ReplacedLine } from '../format/manifest.ts'

/** Contents of lost discs that this run stores again. They are recorded after all of them are stored. */
export class ReplacedLines {
  readonly #db: Catalog
  /** Whether there may be any. */
  readonly isAny: boolean
  #last = 0

  constructor(db: Catalog) {
    this.#db = db
    this.isAny = mayReplace(db)
  }

  /** Call this after all files are stored. */
  open(): void {
    if (this.isAny) findReplaced(this.#db)
  }

  /** The next lines; empty at the end. */
  next(limit: number): ReplacedLine[] {
    const lines = this.isAny ? replacedLines(this.#db, this.#last, limit) : []
    this.#last = lines.at(-1)?.content ?? this.#last
    return lines
  }
}
