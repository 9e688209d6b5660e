/**
 * Rows of `entry` in the order of their UTF-8 paths. They are read in windows, since one statement for each
 * folder takes longer than its rows. Programs that walk through a tree find most folders in a window.
 */

import type Database from 'better-sqlite3'
import { comparePaths } from '../format/path-text.ts'

/** Path and first backup are the key of the table. The windows hold no paths that are not UTF-8. */
type KeyedRow = readonly [path: string | Uint8Array, first: number, ...unknown[]]

interface Window<Row> {
  /** The path from which on it was read, or after which. */
  readonly start: string
  readonly isAfter: boolean
  readonly rows: readonly Row[]
  /** Nothing follows. */
  readonly isLast: boolean
}

/** After a jump little may be wanted. Whoever reads on gets twice as much each time. */
const rowsAfterJump = 16
const mostRows = 512
const mostWindows = 32

export class PathWindows<Row extends KeyedRow> {
  readonly select: string
  readonly #from: Database.Statement
  readonly #after: Database.Statement
  /** The least recently used first. */
  readonly #windows: Window<Row>[] = []

  /** `select`: the columns, path and first before all others. */
  constructor(db: Database.Database, select: string) {
    this.select = select
    const rest = `AND path < x'' ORDER BY path, first LIMIT ?`
    this.#from = db.prepare(`${select} FROM entry WHERE path >= ? ${rest}`).raw()
    this.#after = db.prepare(`${select} FROM entry WHERE (path, first) > (?, ?) ${rest}`).raw()
  }

  /** A cursor at the first row whose path is `path` or comes after it. */
  seek(path: string): PathCursor<Row> {
    return new PathCursor(this, path)
  }

  /** The window that has what comes at `path`. */
  at(path: string): Window<Row> {
    for (let i = this.#windows.length - 1; i >= 0; i--) {
      const window = this.#windows[i] as Window<Row>
      if (covers(window, path)) return this.#use(i, window)
    }
    return this.#read(this.#from, path, false, rowsAfterJump, path)
  }

  /** The window behind this one, which is not the last one. */
  behind({ rows }: Window<Row>): Window<Row> {
    const last = rows.at(-1) as Row
    const [path, first] = [pathOf(last), last[1]]
    const known = this.#windows.findIndex(
      ({ start, isAfter, rows: [next] }) =>
        isAfter && start === path && (next?.[0] !== path || next[1] > first),
    )
    if (known >= 0) return this.#use(known, this.#windows[known] as Window<Row>)
    return this.#read(this.#after, path, true, Math.min(mostRows, rows.length * 2), path, first)
  }

  #use(index: number, window: Window<Row>): Window<Row> {
    if (index < this.#windows.length - 1) this.#windows.push(...this.#windows.splice(index, 1))
    return window
  }

  #read(
    statement: Database.Statement,
    start: string,
    isAfter: boolean,
    limit: number,
    ...key: readonly (string | number)[]
  ): Window<Row> {
    const rows = statement.all(...key, limit) as Row[]
    const window = { start, isAfter, rows, isLast: rows.length < limit }
    if (this.#windows.length >= mostWindows) this.#windows.shift()
    this.#windows.push(window)
    return window
  }
}

/** Goes forward through the rows. */
export class PathCursor<Row extends KeyedRow> {
  readonly #windows: PathWindows<Row>
  #window: Window<Row>
  #index: number

  constructor(windows: PathWindows<Row>, path: string) {
    this.#windows = windows
    this.#window = windows.at(path)
    this.#index = firstFrom(this.#window.rows, path, 0)
  }

  /** The row here; undefined at the end. */
  get row(): Row | undefined {
    while (this.#index >= this.#window.rows.length) {
      if (this.#window.isLast) return undefined
      this.#window = this.#windows.behind(this.#window)
      this.#index = 0
    }
    return this.#window.rows[this.#index]
  }

  next(): void {
    this.#index++
  }

  /** To the first row from here on whose path is `path` or comes after it. */
  skipTo(path: string): void {
    const { rows, isLast } = this.#window
    const last = rows.at(-1)
    if (isLast || (last !== undefined && comparePaths(path, pathOf(last)) <= 0)) {
      this.#index = firstFrom(rows, path, this.#index)
    } else {
      this.#window = this.#windows.at(path)
      this.#index = firstFrom(this.#window.rows, path, 0)
    }
  }
}

const pathOf = ([path]: KeyedRow): string => path as string

function covers<Row extends KeyedRow>({ start, isAfter, rows, isLast }: Window<Row>, path: string): boolean {
  const fromStart = comparePaths(start, path)
  if (isAfter ? fromStart >= 0 : fromStart > 0) return false
  const last = rows.at(-1)
  return isLast || (last !== undefined && comparePaths(path, pathOf(last)) <= 0)
}

/** The index of the first row from `low` on whose path is `path` or comes after it. */
function firstFrom<Row extends KeyedRow>(rows: readonly Row[], path: string, low: number): number {
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comparePaths(pathOf(rows[middle] as Row), path) < 0) low = middle + 1
    else high = middle
  }
  return low
}
