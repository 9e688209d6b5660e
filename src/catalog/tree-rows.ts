/** Looks up paths and lists folders of one backup in the catalog. */

import type Database from 'better-sqlite3'
import { type PathRange, rangesBelow } from './entry-rows.ts'
import { isTextPath, pathForCatalog, pathFromCatalog, pathToBytes } from '../format/path-text.ts'
import { PathWindows } from './path-windows.ts'

/** A path of a backup, as its row says. */
export interface TreeRow {
  readonly path: string
  readonly type: string
  readonly mode: number
  readonly owner: number
  readonly seconds: number
  readonly nanoseconds: number
  readonly size: number | null
  readonly content: number | null
  readonly member: string | null
  /** A symlink's target, or the path that a hard link is another name of. */
  readonly link: string | null
  readonly device: string | null
  readonly attributes: number | null
}

/** The fields of a row for a listing without attributes. */
export type NamedRow = Pick<TreeRow, 'path' | 'type' | 'link'>

/** A folder that has no row, but paths in it: the chunk with its row was lost. */
export const folderWithoutRow = 'folder-without-row'

type RawName = [
  path: string | Uint8Array, first: number, last: number | null, type: string, link: string | Uint8Array | null,
] // prettier-ignore

type Raw = [
  ...RawName, mode: number, owner: number, seconds: number, nanoseconds: number, size: number | null,
  content: number | null, member: string | null, device: string | null, attributes: number | null,
] // prettier-ignore

const fraction = '((mtime % 1000000000) + 1000000000) % 1000000000'
const selectName = 'SELECT path, first, last, type, link'
const selectAll = `${selectName}, mode, owner, (mtime - ${fraction}) / 1000000000, ${fraction}, size, content,
  member, device, attributes`
const holds = 'first <= ? AND (last IS NULL OR last >= ?)'

/** Linux's NAME_MAX: the kernel gives and takes no longer names. */
const mostNameBytes = 255

export class TreeRows {
  readonly #db: Database.Database
  readonly #one: Database.Statement
  readonly #names: PathWindows<RawName>
  readonly #all: PathWindows<Raw>
  /** Whether some paths are not UTF-8. */
  readonly #hasBytes: boolean
  readonly #statements = new Map<string, Database.Statement>()

  constructor(db: Database.Database) {
    this.#db = db
    this.#one = db.prepare(`${selectAll} FROM entry WHERE path = ? AND ${holds}`).raw()
    this.#names = new PathWindows(db, selectName)
    this.#all = new PathWindows(db, selectAll)
    this.#hasBytes = db.prepare(`SELECT 1 FROM entry WHERE path >= x'' LIMIT 1`).get() !== undefined
  }

  /** Undefined if the backup has no such path. */
  find(backup: number, path: string): TreeRow | undefined {
    const raw = this.#one.get(pathForCatalog(path), backup, backup) as Raw | undefined
    if (raw !== undefined) return rowFrom(raw)
    return this.#hasPathsIn(backup, path) ? noRow(path) : undefined
  }

  /** The direct children of `folder`; the root of a backup is the empty string. */
  children(backup: number, folder: string): TreeRow[] {
    const rows: TreeRow[] = []
    const add = (row: Raw, path: string): void => void rows.push(rowFrom(row, path))
    this.#children(backup, folder, this.#all, add, (path) => rows.push(noRow(path)))
    return rows
  }

  /** Tells the names of the same, in half the time. */
  names(backup: number, folder: string, tell: (row: NamedRow) => void): void {
    const add = (row: RawName, path: string): void => tell(namedFrom(row, path))
    this.#children(backup, folder, this.#names, add, (path) => tell(noRow(path)))
  }

  #children<Row extends RawName | Raw>(
    backup: number,
    folder: string,
    windows: PathWindows<Row>,
    add: (row: Row, path: string) => void,
    addLost: (path: string) => void,
  ): void {
    const prefix = folder === '' ? '' : `${folder}/`
    const folders = new Set<string>()
    /** Takes a child; of a path in a subfolder, returns the subfolder. */
    const take = (raw: Row, path: string): string | undefined => {
      const slash = path.indexOf('/', prefix.length)
      if (slash < 0) {
        if (raw[1] > backup || (raw[2] !== null && raw[2] < backup)) return undefined
        if (!isName(path.slice(prefix.length))) return undefined
        if (raw[3] === 'dir') folders.add(path)
        add(raw, path)
        return undefined
      }
      const inner = path.slice(0, slash)
      if (folders.has(inner)) return inner
      folders.add(inner)
      const isLost =
        isName(inner.slice(prefix.length)) &&
        this.#one.get(pathForCatalog(inner), backup, backup) === undefined
      if (isLost && this.#hasPathsIn(backup, inner)) addLost(inner)
      return inner
    }
    if (isTextPath(folder)) {
      const cursor = windows.seek(prefix)
      for (let row = cursor.row; row !== undefined; row = cursor.row) {
        const path = pathFromCatalog(row[0])
        if (!path.startsWith(prefix)) break
        const inner = take(row, path)
        if (inner === undefined) cursor.next()
        else cursor.skipTo(after(inner))
      }
    }
    if (this.#hasBytes) this.#takeBytes(folder, windows.select, take)
  }

  /** The paths in `folder` that are not UTF-8. */
  #takeBytes<Row>(
    folder: string,
    select: string,
    take: (row: Row, path: string) => string | undefined,
  ): void {
    const { lower: start, upper } = rangesBelow(folder).at(-1) as PathRange
    const end = upper === undefined ? '' : 'AND path < ?'
    const statement = this.#prepared(`${select} FROM entry WHERE path >= ? ${end} ORDER BY path, first`)
    for (let lower: typeof start | undefined = start; lower !== undefined;) {
      const bounds = upper === undefined ? [lower] : [lower, upper]
      lower = undefined
      for (const raw of statement.iterate(...bounds) as Iterable<Row & RawName>) {
        const inner = take(raw, pathFromCatalog(raw[0]))
        if (inner === undefined) continue
        lower = pathToBytes(after(inner))
        break
      }
    }
  }

  #hasPathsIn(backup: number, folder: string): boolean {
    return rangesBelow(folder).some(({ lower, upper }) => {
      const statement = this.#prepared(
        `SELECT 1 FROM entry WHERE path >= ? AND path < ? AND ${holds} LIMIT 1`,
      )
      return statement.get(lower, upper, backup, backup) !== undefined
    })
  }

  #prepared(sql: string): Database.Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql).raw()))
    return statement
  }
}

/** The bound after all paths in a folder: '0' is the character after '/'. */
const after = (folder: string): string => `${folder}0`

/** A hostile catalog may have any. */
const isName = (name: string): boolean =>
  name !== '' &&
  name !== '.' &&
  name !== '..' &&
  !name.includes('\0') &&
  // A unit of UTF-16 takes at most three bytes.
  (name.length * 3 <= mostNameBytes || pathToBytes(name).length <= mostNameBytes)

const linkFrom = (link: string | Uint8Array | null): string | null =>
  link === null ? null : pathFromCatalog(link)

const namedFrom = (raw: RawName, path: string): NamedRow => ({
  path,
  type: raw[3],
  link: linkFrom(raw[4]),
})

const rowFrom = (raw: Raw, path = pathFromCatalog(raw[0])): TreeRow => ({
  path,
  type: raw[3],
  link: linkFrom(raw[4]),
  mode: raw[5],
  owner: raw[6],
  seconds: raw[7],
  nanoseconds: raw[8],
  size: raw[9],
  content: raw[10],
  member: raw[11],
  device: raw[12],
  attributes: raw[13],
})

const noRow = (path: string): TreeRow => ({
  path,
  type: folderWithoutRow,
  mode: 0o755,
  owner: -1,
  seconds: 0,
  nanoseconds: 0,
  size: null,
  content: null,
  member: null,
  link: null,
  device: null,
  attributes: null,
})
