/**
 * The part of better-sqlite3 that butcher uses, over the SQLite that Node.js has inside. It needs no native
 * file, so it also runs where none can be loaded: old systems, and the program as one file.
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { withSqliteCodes } from './sqlite-error.ts'

export interface OpenOptions {
  /** The file must exist then. */
  readonly readonly?: boolean | undefined
}

type Transaction<Values extends unknown[], Result> = ((...values: Values) => Result) & {
  readonly immediate: (...values: Values) => Result
}

type Row = Record<string, unknown> | unknown[]

/** As long as better-sqlite3 waits for another process, and as much memory for pages. */
const setUp = 'PRAGMA cache_size = -16000; PRAGMA busy_timeout = 5000'

/** Whether the SQLite of this Node.js has all that is needed: 24.14 has, 22 has not. */
export function nodeSqlite(): typeof DatabaseSync | undefined {
  try {
    // The import of an older Node.js would fail, or warn that it is experimental.
    const { DatabaseSync: Opened } = process.getBuiltinModule('node:sqlite')
    return 'enableDefensive' in Opened.prototype && 'deserialize' in Opened.prototype ? Opened : undefined
  } catch {
    return undefined
  }
}

export class NodeDatabase {
  /** As it was given. */
  readonly name: string
  readonly #db: DatabaseSync
  #depth = 0

  constructor(place: string | Buffer, options: OpenOptions, Opened: typeof DatabaseSync) {
    this.name = typeof place === 'string' ? place : ':memory:'
    this.#db = withSqliteCodes(() => {
      const readOnly = options.readonly === true && typeof place === 'string'
      const db = new Opened(this.name, { readOnly })
      // A catalog may come from anybody.
      db.enableDefensive(true)
      if (typeof place !== 'string') db.deserialize(place)
      db.exec(setUp)
      return db
    })
  }

  get open(): boolean {
    return this.#db.isOpen
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  prepare(sql: string): NodeStatement {
    return new NodeStatement(withSqliteCodes(() => this.#db.prepare(sql)))
  }

  exec(sql: string): this {
    withSqliteCodes(() => this.#db.exec(sql))
    return this
  }

  pragma(source: string, { simple = false }: { readonly simple?: boolean } = {}): unknown {
    const statement = this.prepare(`PRAGMA ${source}`)
    return simple ? statement.pluck().get() : statement.all()
  }

  /**
   * `doing` as a function that runs in a transaction, or as a part of the transaction that runs. Its
   * `immediate` locks the file at once.
   */
  transaction<Values extends unknown[], Result>(
    doing: (...values: Values) => Result,
  ): Transaction<Values, Result> {
    const within =
      (begin: string) =>
      (...values: Values): Result =>
        this.#within(begin, () => doing(...values))
    return Object.assign(within('BEGIN'), { immediate: within('BEGIN IMMEDIATE') })
  }

  #within<Result>(begin: string, doing: () => Result): Result {
    const point = this.inTransaction ? `butcher_${this.#depth}` : undefined
    this.exec(point === undefined ? begin : `SAVEPOINT ${point}`)
    this.#depth++
    try {
      const result = doing()
      this.exec(point === undefined ? 'COMMIT' : `RELEASE ${point}`)
      return result
    } catch (error) {
      // SQLite has ended the transaction itself after some errors.
      if (this.inTransaction)
        this.exec(point === undefined ? 'ROLLBACK' : `ROLLBACK TO ${point}; RELEASE ${point}`)
      throw error
    } finally {
      this.#depth--
    }
  }

  function(name: string, doing: (...values: unknown[]) => unknown): this {
    this.#db.function(name, doing as Parameters<DatabaseSync['function']>[1])
    return this
  }

  serialize(): Buffer {
    return asBuffer(withSqliteCodes(() => this.#db.serialize()))
  }

  /** Allows what a file from others must not do, such as changes of the schema's own table. */
  unsafeMode(unsafe = true): this {
    this.#db.enableDefensive(!unsafe)
    return this
  }

  close(): this {
    if (this.open) withSqliteCodes(() => this.#db.close())
    return this
  }
}

class NodeStatement {
  readonly #statement: StatementSync
  #plucks = false
  #rounds = false

  constructor(statement: StatementSync) {
    this.#statement = statement
    statement.setAllowUnknownNamedParameters(true)
  }

  pluck(): this {
    this.#plucks = true
    return this.raw()
  }

  raw(): this {
    this.#statement.setReturnArrays(true)
    return this
  }

  safeIntegers(): this {
    this.#statement.setReadBigInts(true)
    return this
  }

  columns(): readonly { readonly name: string }[] {
    return this.#statement.columns()
  }

  run(...values: unknown[]): { readonly changes: number | bigint } {
    return withSqliteCodes(() => this.#statement.run(...(values as SQLInputValue[])))
  }

  get(...values: unknown[]): unknown {
    const row = this.#read(() => this.#statement.get(...(values as SQLInputValue[])))
    return row === undefined ? undefined : this.#whole(row)
  }

  all(...values: unknown[]): unknown[] {
    const rows: unknown[] = this.#read(() => this.#statement.all(...(values as SQLInputValue[])))
    for (let i = 0; i < rows.length; i++) rows[i] = this.#whole(rows[i] as Row)
    return rows
  }

  *iterate(...values: unknown[]): Generator<unknown, void, undefined> {
    const begin = () => withSqliteCodes(() => this.#statement.iterate(...(values as SQLInputValue[])))
    let rows = begin()
    let count = 0
    try {
      for (;;) {
        const next = this.#read(
          () => rows.next(),
          () => {
            rows = begin()
            for (let i = 0; i < count; i++) rows.next()
          },
        )
        if (next.done === true) return
        count++
        yield this.#whole(next.value)
      }
    } finally {
      rows.return?.()
    }
  }

  /**
   * node:sqlite refuses a whole number that JavaScript cannot count. Then the statement is run again, and
   * rounds such numbers, as better-sqlite3 does.
   */
  #read<Result>(reading: () => Result, beginAgain: () => void = () => {}): Result {
    try {
      return withSqliteCodes(reading)
    } catch (error) {
      if (this.#rounds || (error as { readonly code?: unknown }).code !== 'ERR_OUT_OF_RANGE') throw error
      this.#rounds = true
      this.#statement.setReadBigInts(true)
      beginAgain()
      return withSqliteCodes(reading)
    }
  }

  /** Bytes as Buffers; of a plucked row, its value. */
  #whole(row: Row): unknown {
    if (Array.isArray(row)) {
      if (this.#plucks) return this.#value(row[0])
      for (let i = 0; i < row.length; i++) row[i] = this.#value(row[i])
    } else {
      for (const key in row) row[key] = this.#value(row[key])
    }
    return row
  }

  #value(value: unknown): unknown {
    if (value instanceof Uint8Array) return asBuffer(value)
    return this.#rounds && typeof value === 'bigint' ? Number(value) : value
  }
}

const asBuffer = (bytes: unknown): Buffer => {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array<ArrayBuffer>
  return Buffer.from(buffer, byteOffset, byteLength)
}
