/** The SQLite of Node.js behaves as better-sqlite3 does, in all that butcher uses. */

import BetterSqlite3 from 'better-sqlite3'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { NodeDatabase, nodeSqlite } from '../../src/sqlite/node-database.ts'
import { sqliteCode } from '../../src/sqlite/sqlite-error.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlite-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

type Opened = BetterSqlite3.Database

const engines: readonly (readonly [string, (place: string | Buffer, readonly?: boolean) => Opened])[] = [
  ['better-sqlite3', (place, readonly = false) => new BetterSqlite3(place, { readonly })],
  [
    'node:sqlite',
    (place, readonly = false) =>
      new NodeDatabase(place, { readonly }, nodeSqlite() as never) as unknown as Opened,
  ],
]

const large = 9_007_199_254_740_993n

describe.each(engines)('%s', (name, open) => {
  const filled = (): Opened => {
    const db = open(':memory:')
    db.exec('CREATE TABLE t(a PRIMARY KEY, n INTEGER, b BLOB)')
    const add = db.prepare('INSERT INTO t VALUES (@a, @n, @b)')
    for (const n of [1, 2, 3]) add.run({ a: `x${n}`, n, b: Buffer.from([n]), more: 'is ignored' })
    return db
  }

  test('rows as objects, arrays and single values; bytes are Buffers', () => {
    const db = filled()
    const row = { a: 'x2', n: 2, b: Buffer.from([2]) }
    expect(db.prepare('SELECT * FROM t WHERE a = ?').get('x2')).toEqual(row)
    expect(db.prepare('SELECT * FROM t WHERE a = ?').get('y')).toBeUndefined()
    expect(db.prepare('SELECT n, b FROM t').raw().all()[0]).toEqual([1, Buffer.from([1])])
    expect([...db.prepare('SELECT b FROM t').pluck().iterate()]).toEqual(
      [1, 2, 3].map((n) => Buffer.from([n])),
    )
    expect(Buffer.isBuffer(db.prepare('SELECT b FROM t').pluck().get())).toBe(true)
    expect(db.prepare('SELECT n FROM t').safeIntegers().pluck().all()).toEqual([1n, 2n, 3n])
  })

  test('numbers that JavaScript cannot count are rounded, wherever they come', () => {
    const db = filled()
    db.prepare('INSERT INTO t VALUES (?, ?, NULL)').run('x4', large)
    const all = [1, 2, 3, Number(large)]
    expect(db.prepare('SELECT n FROM t ORDER BY a').pluck().all()).toEqual(all)
    expect([...db.prepare('SELECT n FROM t ORDER BY a').pluck().iterate()]).toEqual(all)
    expect(db.prepare(`SELECT n FROM t WHERE a = 'x4'`).get()).toEqual({ n: Number(large) })
    expect(db.prepare(`SELECT n FROM t WHERE a = 'x4'`).safeIntegers().pluck().get()).toBe(large)
  })

  test('an error has the code of SQLite', () => {
    const db = filled()
    const codeOf = (doing: () => unknown): string | undefined => {
      try {
        doing()
        return undefined
      } catch (error) {
        return sqliteCode(error)
      }
    }
    db.exec('CREATE TABLE u(x UNIQUE); INSERT INTO u VALUES (1)')
    expect(codeOf(() => db.exec('INSERT INTO u VALUES (1)'))).toBe('SQLITE_CONSTRAINT_UNIQUE')
    expect(codeOf(() => db.prepare('SELECT nothing'))).toBe('SQLITE_ERROR')
    const file = path.join(folder, `${name.replaceAll(':', '-')}.sqlite`)
    expect(codeOf(() => open(file, true))).toBe('SQLITE_CANTOPEN')
    fs.writeFileSync(file, 'no database at all, but some text that is long enough for a header'.repeat(9))
    expect(codeOf(() => open(file, true).prepare('SELECT * FROM t'))).toBe('SQLITE_NOTADB')
  })

  test('a transaction is undone by an error, and so is one inside another', () => {
    const db = filled()
    const remove = db.prepare('DELETE FROM t WHERE n = ?')
    const count = db.prepare('SELECT count(*) FROM t').pluck()
    const fail = db.transaction((n: number) => {
      remove.run(n)
      throw new Error('no')
    })
    expect(() => fail(1)).toThrow('no')
    expect([count.get(), db.inTransaction]).toEqual([3, false])
    db.transaction(() => {
      remove.run(1)
      expect(() => fail(2)).toThrow('no')
    }).immediate()
    expect(count.get()).toBe(2)
  })

  test('a file of others cannot change the table of its schema, and a function may throw', () => {
    const db = filled()
    const spoil = (): unknown => db.exec(`PRAGMA writable_schema = ON; DELETE FROM sqlite_schema`)
    expect(spoil).toThrow(/may not be modified/)
    db.unsafeMode(true)
    expect(spoil).not.toThrow()
    db.function('refuse', () => {
      throw new TypeError('refused')
    })
    expect(() => db.prepare('SELECT refuse()').get()).toThrow(TypeError)
  })

  test('bytes of a database open as one, and a closed one closes again', () => {
    const db = filled()
    const copy = open(db.serialize(), true)
    expect(copy.prepare('SELECT count(*) FROM t').pluck().get()).toBe(3)
    expect(copy.pragma('foreign_keys', { simple: true })).toBe(1)
    copy.close()
    copy.close()
    expect([copy.open, db.open]).toEqual([false, true])
  })
})
