/** Writes a content to all its paths. */

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
  /** A file is installed. */
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
   * `prefix` makes the names of this writer's temporary files unique. Each writer uses its own folder: two
   * threads that make and rename files in one folder wait for each other.
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

  /** The file that gathers the parts of a content from all workers. */
  gatheringFile(content: number): string {
    return path.join(this.placing.workFolder, `content-${content}`)
  }

  /** Whether the content is written with holes: one of its paths had some. */
  hasHoles(content: number): boolean {
    return this.#targets.haveHoles(content)
  }

  content(id: number): ContentRow {
    return this.#contents.get(id) as ContentRow
  }

  /**
   * Installs `made`, with the verified `content`, at every path of it, then closes and removes `made`. Paths
   * with holes come last, and `made` itself goes to the last path: it has holes if any path has.
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

  /**
   * Installs every empty file, without reading a chunk. False if the catalog has a wrong hash for empty
   * files.
   */
  writeEmptyTargets(content: ContentRow): boolean {
    if (!createHash(this.placing.hash).digest().equals(content.hash)) return false
    for (const target of this.#targets.of(content.id)) this.#place(content, target, this.newFile())
    return true
  }

  /** The content is restored, and needs no file. */
  count(content: ContentRow): void {
    this.#events.restored(content.size)
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
