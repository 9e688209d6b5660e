import { findReplaced, mayReplace, replacedLines } from '../catalog/replaced-contents.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import type { ReplacedLine } from '../format/manifest.ts'

/** What of lost discs this run stores again, told once all of it is stored. */
export class ReplacedLines {
  readonly #db: Catalog
  /** Whether there may be any. */
  readonly isAny: boolean
  #last = 0

  constructor(db: Catalog) {
    this.#db = db
    this.isAny = mayReplace(db)
  }

  /** Called once all files are stored. */
  open(): void {
    if (this.isAny) findReplaced(this.#db)
  }

  /** The next lines, none at the end. */
  next(limit: number): ReplacedLine[] {
    const lines = this.isAny ? replacedLines(this.#db, this.#last, limit) : []
    this.#last = lines.at(-1)?.content ?? this.#last
    return lines
  }
}
