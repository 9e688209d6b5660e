/** Brings a content to all the paths that have it. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { removeQuietly } from '../files/durable.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import { copyContent } from './content-file.ts'
import type { Missed } from './metadata.ts'
import { NotRestored } from './not-restored.ts'
import { type Content, type MadeFile, placeFile, type Placing } from './install-file.ts'
import type { ContentRow } from './plan-tables.ts'
import { FolderCheck } from './safe-path.ts'
import { type Target, Targets } from './targets.ts'

export interface WriteEvents {
  /** A file is in its place. */
  readonly restored: (sizeBytes: number) => void
  readonly failed: (path: string, reason: string) => void
  readonly missed: (path: string, missed: Missed) => void
}

export class FileWriter {
  readonly placing: Placing
  readonly #events: WriteEvents
  readonly #folders: FolderCheck
  readonly #contents: Database.Statement
  readonly #targets: Targets
  readonly #prefix: string
  readonly #folder: string
  #made = 0

  /**
   * `prefix` tells the temporary files of this one from those of others. They get a folder of their own, as two threads
   * that make and rename files in the same wait for each other.
   */
  constructor(plan: Database.Database, placing: Placing, events: WriteEvents, prefix: string) {
    this.placing = placing
    this.#events = events
    this.#folders = new FolderCheck(placing.destination)
    this.#contents = plan.prepare('SELECT id, size, hash, parts FROM content WHERE id = ?')
    this.#targets = new Targets(plan)
    this.#prefix = prefix
    this.#folder = path.join(placing.workFolder, prefix)
    fs.mkdirSync(this.#folder, { mode: 0o700, recursive: true })
  }

  /** An empty file in the work folder. */
  newFile(): MadeFile {
    const name = this.#newName()
    return { path: name, descriptor: fs.openSync(name, 'wx', 0o600) }
  }

  /** The file that the parts of a content are gathered in, by whoever reads them. */
  gatheringFile(content: number): string {
    return path.join(this.placing.workFolder, `content-${content}`)
  }

  /** Whether the content is to be made with holes where it has zeros: a path of it had some. */
  hasHoles(content: number): boolean {
    return this.#targets.haveHoles(content)
  }

  content(id: number): ContentRow {
    return this.#contents.get(id) as ContentRow
  }

  /**
   * Places `made`, which holds `content` and is known to be right, under every path of it; it is closed and gone then. The
   * paths that had holes come last, so `made`, which is the last one's, has them if any path has.
   */
  writeTargets(content: ContentRow, made: MadeFile): void {
    const targets = this.#targets.of(content.id)
    let used = false
    try {
      let current = targets.next()
      while (!current.done) {
        const following = targets.next()
        used = following.done === true
        this.#place(content, current.value, used ? made : this.#copyOf(made.path, current.value.sparse === 1))
        current = following
      }
    } finally {
      targets.return(undefined)
      if (!used) this.#drop(made)
    }
  }

  /** Every empty file: nothing has to be read for it. False where the catalog has another hash for nothing. */
  writeEmptyTargets(content: ContentRow): boolean {
    if (!createHash(this.placing.hash).digest().equals(content.hash)) return false
    for (const target of this.#targets.of(content.id)) this.#place(content, target, this.newFile())
    return true
  }

  #copyOf(file: string, withHoles: boolean): MadeFile {
    const copy = this.#newName()
    copyContent(file, copy, withHoles)
    return { path: copy, descriptor: fs.openSync(copy, 'r') }
  }

  #drop(made: MadeFile): void {
    fs.closeSync(made.descriptor)
    removeQuietly(made.path)
  }

  #newName(): string {
    return `${this.#folder}/${this.#prefix}-${this.#made++}`
  }

  #place(content: Content, target: Target, made: MadeFile): void {
    const name = pathFromCatalog(target.path)
    try {
      this.#events.missed(name, placeFile(this.placing, this.#folders, made, name, target, target.stood))
    } catch (error) {
      this.#drop(made)
      if (!(error instanceof NotRestored)) throw error
      this.#events.failed(name, error.message)
      return
    }
    fs.closeSync(made.descriptor)
    this.#events.restored(content.size)
  }
}
