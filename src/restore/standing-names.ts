/**
 * The names in the destination before this restore, as its folders list them. To a file system that ignores
 * case, Unicode normalization, or trailing dots, two paths of a backup may be one. So if a path exists but no
 * folder listed its name, another path has it. That path may be of this restore, and is never replaced.
 * Inodes do not help: on FUSE and FAT, they can differ each time, or for each name.
 */

import type Database from 'better-sqlite3'
import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { pathForCatalog, pathFromBytes, pathFromCatalog, showPath } from '../format/path-text.ts'
import { openDatabase } from '../sqlite/open-database.ts'
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
    // There may be millions: an unnamed database, which SQLite moves out of memory if needed.
    this.#db = openDatabase('')
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

  /** Lists a folder ('' is the destination) before anything is made in it. */
  list(folder: string): void {
    try {
      this.#list(folder)
    } catch (error) {
      if (systemCode(error) !== 'EACCES') throw error
      this.#unlisted.add(folder) // it may still be writable
    }
  }

  #list(folder: string): void {
    const place = folder === '' ? this.#destination : below(this.#destination, folder)
    for (const name of namesIn(place)) {
      this.#add.run(pathForCatalog(folder), pathForCatalog(folder === '' ? name : `${folder}/${name}`))
    }
  }

  /** Whether exactly this name existed. */
  has(path: string): boolean {
    return this.#find.get(pathForCatalog(folderOf(path)), pathForCatalog(path)) !== undefined
  }

  /** Throws NotRestored if the file at `path`, `there`, is another path of the backup under this name. */
  check(path: string, there: fs.Stats): void {
    if (this.has(path) || this.#unlisted.has(folderOf(path))) return
    const folder = pathForCatalog(folderOf(path))
    const twin = this.#twinOf(path, folder, there)
    if (twin === undefined) throw sameName(this.#destination, path)
    // No other path is restored to the old name, so this path may use it. The next path that finds it is a
    // conflict.
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

/** The error for a path whose name is taken although nothing existed there. */
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

/**
 * Equal for all names that any file system treats as the same. It cannot show that two names are different.
 */
const foldedName = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replace(/[. ]+$/, '')
