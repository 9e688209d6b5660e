/**
 * Looks up paths and lists folders of one backup in the catalog. A folder costs a seek for each subfolder.
 */

import type Database from 'better-sqlite3'
import { type PathRange, rangesBelow } from './entry-rows.ts'
import { pathForCatalog, pathFromCatalog, pathToBytes } from '../format/path-text.ts'

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

/** A folder that has no row, but paths in it: the chunk with its row was lost. */
export const folderWithoutRow = 'folder-without-row'

type Raw = [
  path: string | Uint8Array, type: string, mode: number, owner: number, seconds: number, nanoseconds: number,
  size: number | null, content: number | null, member: string | null, link: string | Uint8Array | null,
  device: string | null, attributes: number | null, first: number, last: number | null,
] // prettier-ignore

const fraction = '((mtime % 1000000000) + 1000000000) % 1000000000'
const select = `SELECT path, type, mode, owner, (mtime - ${fraction}) / 1000000000, ${fraction}, size, content,
  member, link, device, attributes, first, last FROM entry`
const holds = 'first <= ? AND (last IS NULL OR last >= ?)'

/** Linux's NAME_MAX: the kernel gives and takes no longer names. */
const mostNameBytes = 255

export class TreeRows {
  readonly #db: Database.Database
  readonly #one: Database.Statement
  readonly #statements = new Map<string, Database.Statement>()

  constructor(db: Database.Database) {
    this.#db = db
    this.#one = db.prepare(`${select} WHERE path = ? AND ${holds}`).raw()
  }

  /** Undefined if the backup has no such path. */
  find(backup: number, path: string): TreeRow | undefined {
    const raw = this.#one.get(pathForCatalog(path), backup, backup) as Raw | undefined
    if (raw !== undefined) return rowFrom(raw)
    return this.#hasPathsIn(backup, path) ? noRow(path) : undefined
  }

  /** The direct children of `folder`; the root of a backup is the empty string. */
  children(backup: number, folder: string): TreeRow[] {
    const prefixLength = folder === '' ? 0 : folder.length + 1
    const rows: TreeRow[] = []
    const folders = new Set<string>()
    for (const whole of rangesBelow(folder)) {
      let { lower } = whole
      for (let isMore = true; isMore;) {
        isMore = false
        const statement = this.#inRange({ lower, upper: whole.upper })
        const bounds = whole.upper === undefined ? [lower] : [lower, whole.upper]
        for (const raw of statement.iterate(...bounds) as Iterable<Raw>) {
          const path = pathFromCatalog(raw[0])
          const slash = path.indexOf('/', prefixLength)
          if (slash < 0) {
            if (raw[12] > backup || (raw[13] !== null && raw[13] < backup)) continue
            if (!isName(path.slice(prefixLength))) continue
            if (raw[1] === 'dir') folders.add(path)
            rows.push(rowFrom(raw))
            continue
          }
          const inner = path.slice(0, slash)
          if (!folders.has(inner)) {
            folders.add(inner)
            const isLost =
              isName(inner.slice(prefixLength)) &&
              this.#one.get(pathForCatalog(inner), backup, backup) === undefined
            if (isLost && this.#hasPathsIn(backup, inner)) rows.push(noRow(inner))
          }
          // Goes on after everything in this folder: '0' is the character after '/'.
          lower = typeof whole.lower === 'string' ? `${inner}0` : pathToBytes(`${inner}0`)
          isMore = true
          break
        }
      }
    }
    return rows
  }

  #hasPathsIn(backup: number, folder: string): boolean {
    return rangesBelow(folder).some(({ lower, upper }) => {
      const statement = this.#prepared(
        `SELECT 1 FROM entry WHERE path >= ? AND path < ? AND ${holds} LIMIT 1`,
      )
      return statement.get(lower, upper, backup, backup) !== undefined
    })
  }

  #inRange({ lower, upper }: PathRange): Database.Statement {
    const end = upper !== undefined ? 'AND path < ?' : typeof lower === 'string' ? `AND path < x''` : ''
    return this.#prepared(`${select} WHERE path >= ? ${end} ORDER BY path, first`)
  }

  #prepared(sql: string): Database.Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql).raw()))
    return statement
  }
}

/** A hostile catalog may have any. */
const isName = (name: string): boolean =>
  name !== '' &&
  name !== '.' &&
  name !== '..' &&
  !name.includes('\0') &&
  pathToBytes(name).length <= mostNameBytes

const rowFrom = (raw: Raw): TreeRow => ({
  path: pathFromCatalog(raw[0]),
  type: raw[1],
  mode: raw[2],
  owner: raw[3],
  seconds: raw[4],
  nanoseconds: raw[5],
  size: raw[6],
  content: raw[7],
  member: raw[8],
  link: raw[9] === null ? null : pathFromCatalog(raw[9]),
  device: raw[10],
  attributes: raw[11],
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
