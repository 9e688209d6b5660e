/**
 * The names that stood in the destination before this restore, as its folders list them. Two paths of a backup may be one
 * to a file system that ignores case, Unicode's normal forms, or trailing dots. So a path that is there, and whose name no
 * folder listed, is another one under this name. It may be one that this very restore made, which is never replaced.
 * Inodes do not tell: those of FUSE and FAT are not the same each time, or for each name.
 */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { pathForCatalog, pathFromBytes, pathFromCatalog, showPath } from '../format/path-text.ts'
import { NotRestored } from './not-restored.ts'
import { below } from './safe-path.ts'

export class StandingNames {
  readonly #destination: string
  readonly #db: Database.Database
  readonly #add: Database.Statement
  readonly #find: Database.Statement
  readonly #inFolder: Database.Statement
  readonly #claim: Database.Statement
  readonly #planned: Database.Statement
  readonly #unlisted = new Set<string>()

  constructor(destination: string, plan: Database.Database) {
    this.#destination = destination
    // There may be millions: a database that SQLite moves out of memory, and that has no name.
    this.#db = new Database('')
    this.#db.pragma('journal_mode = OFF')
    this.#db.exec(`CREATE TABLE name(folder, path, claimed INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY(folder, path)) WITHOUT ROWID; BEGIN`)
    this.#add = this.#db.prepare('INSERT OR IGNORE INTO name(folder, path) VALUES (?, ?)')
    this.#find = this.#db.prepare('SELECT 1 FROM name WHERE folder = ? AND path = ?')
    this.#inFolder = this.#db.prepare('SELECT path FROM name WHERE folder = ? AND claimed = 0').pluck()
    this.#claim = this.#db.prepare('UPDATE name SET claimed = 1 WHERE folder = ? AND path = ?')
    const tables = ['target', 'hard', 'node', 'folder']
    const query = tables.map((table) => `SELECT 1 FROM ${table} WHERE path = @path`).join(' UNION ALL ')
    this.#planned = plan.prepare(`${query} LIMIT 1`)
  }

  /** Takes up what is in a folder, '' for the destination: before anything is made in it. */
  list(folder: string): void {
    try {
      this.#list(folder)
    } catch (error) {
      if (systemCode(error) !== 'EACCES') throw error
      this.#unlisted.add(folder) // it may be written to all the same
    }
  }

  #list(folder: string): void {
    const place = folder === '' ? this.#destination : below(this.#destination, folder)
    for (const name of namesIn(place)) {
      this.#add.run(pathForCatalog(folder), pathForCatalog(folder === '' ? name : `${folder}/${name}`))
    }
  }

  /** Whether the very name stood there. */
  has(path: string): boolean {
    return this.#find.get(pathForCatalog(folderOf(path)), pathForCatalog(path)) !== undefined
  }

  /** Throws NotRestored where what stands at `path`, `there`, is another path of the backup under this name. */
  check(path: string, there: fs.Stats): void {
    if (this.has(path) || this.#unlisted.has(folderOf(path))) return
    const folder = pathForCatalog(folderOf(path))
    const twin = this.#twinOf(path, folder, there)
    if (twin === undefined) throw sameName(this.#destination, path)
    // Nothing else is restored there: it is as if it had this name. Whatever comes next and is there, too, is another path.
    this.#claim.run(folder, twin)
  }

  #twinOf(path: string, folder: string | Buffer, there: fs.Stats): string | Uint8Array | undefined {
    const key = foldedName(path)
    for (const stored of this.#inFolder.iterate(folder) as Iterable<string | Uint8Array>) {
      const other = pathFromCatalog(stored)
      if (foldedName(other) !== key || this.#planned.get({ path: stored }) !== undefined) continue
      const is = fs.lstatSync(below(this.#destination, other), { throwIfNoEntry: false })
      if (is?.mode === there.mode && is.size === there.size && is.mtimeMs === there.mtimeMs) return stored
    }
    return undefined
  }

  close(): void {
    this.#db.close()
  }
}

/** For a path whose name is taken though nothing stood there. */
export function sameName(destination: string, path: string): NotRestored {
  const folder = folderOf(path)
  const base = path.slice(folder === '' ? 0 : folder.length + 1)
  const key = foldedName(base)
  for (const name of namesIn(folder === '' ? destination : below(destination, folder))) {
    if (name === base || foldedName(name) !== key) continue
    return new NotRestored(
      `on this file system its name is the same as ${showPath(name)} (restore it into another folder)`,
    )
  }
  return new NotRestored(
    'something of this name was made during this restore (on this file system two names may be the same)',
  )
}

function* namesIn(folder: string | Buffer): Generator<string> {
  const names = fs.opendirSync(folder as string, { encoding: 'buffer' as BufferEncoding })
  try {
    for (let entry = names.readSync(); entry !== null; entry = names.readSync())
      yield pathFromBytes(entry.name as unknown as Buffer)
  } finally {
    names.closeSync()
  }
}

const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0))

/** Equal for all names that some file system takes for one. Of no use to tell that two are different. */
const foldedName = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replace(/[. ]+$/, '')
