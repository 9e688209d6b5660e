/** Brings a content to all the paths that have it. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { pathFromCatalog } from '../format/path-text.ts'
import { type Content, type Metadata, NotRestored, placeFile, type Placing } from './place.ts'
import type { ContentRow } from './plan-tables.ts'
import { FolderCheck } from './safe-path.ts'

export interface Delivery {
  /** A file is in its place. */
  readonly restored: (sizeBytes: number) => void
  readonly failed: (path: string, reason: string) => void
}

type TargetOwnerRow = Metadata & { readonly path: string | Uint8Array }

export class Deliverer {
  readonly placing: Placing
  readonly #plan: Database.Database
  readonly #delivery: Delivery
  readonly #folders: FolderCheck
  readonly #contents: Database.Statement
  readonly #prefix: string
  #made = 0

  /** `prefix` tells the temporary files of this one from those of others. */
  constructor(plan: Database.Database, placing: Placing, delivery: Delivery, prefix: string) {
    this.placing = placing
    this.#plan = plan
    this.#delivery = delivery
    this.#folders = new FolderCheck(placing.destination)
    this.#contents = plan.prepare('SELECT id, size, hash, parts FROM content WHERE id = ?')
    this.#prefix = prefix
  }

  /** A name in the work folder that nobody else uses. */
  newFile(): string {
    return path.join(this.placing.workFolder, `${this.#prefix}-${this.#made++}`)
  }

  /** The file that the parts of a content are gathered in, by whoever reads them. */
  gatheringFile(content: number): string {
    return path.join(this.placing.workFolder, `content-${content}`)
  }

  content(id: number): ContentRow {
    return this.#contents.get(id) as ContentRow
  }

  /** Places `made`, which holds `content` and is known to be right, under every path of it; `made` is gone then. */
  deliver(content: ContentRow, made: string): void {
    const targets = this.#targets(content.id)
    try {
      let current = targets.next()
      while (!current.done) {
        const following = targets.next()
        this.#place(content, current.value, () => {
          if (following.done) return made
          const copy = this.newFile()
          fs.copyFileSync(made, copy, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE)
          return copy
        })
        current = following
      }
    } finally {
      targets.return?.()
      fs.rmSync(made, { force: true })
    }
  }

  /** Every empty file: nothing has to be read for it. False where the catalog has another hash for nothing. */
  deliverEmpty(content: ContentRow): boolean {
    if (!createHash(this.placing.hash).digest().equals(content.hash)) return false
    for (const target of this.#targets(content.id)) {
      this.#place(content, target, () => {
        const made = this.newFile()
        fs.closeSync(fs.openSync(made, 'wx', 0o600))
        return made
      })
    }
    return true
  }

  #targets(content: number): IterableIterator<TargetOwnerRow> {
    return this.#plan
      .prepare(
        `SELECT t.path, t.mode, t.seconds, t.nanoseconds, o.uid, o.gid
        FROM target t JOIN owner o ON o.id = t.owner WHERE t.content = ? AND t.settled = 0`,
      )
      .iterate(content) as IterableIterator<TargetOwnerRow>
  }

  #place(content: Content, target: TargetOwnerRow, make: () => string): void {
    const name = pathFromCatalog(target.path)
    let made: string | undefined
    try {
      made = make()
      placeFile(this.placing, this.#folders, made, name, target, content)
      this.#delivery.restored(content.size)
    } catch (error) {
      if (made !== undefined) fs.rmSync(made, { force: true })
      if (!(error instanceof NotRestored)) throw error
      this.#delivery.failed(name, error.message)
    }
  }
}
