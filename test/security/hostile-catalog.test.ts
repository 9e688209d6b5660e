/** A SQLite file made to do harm: everything is looked at before anything is believed. */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCatalogFile } from '../../src/catalog/read-catalog.ts'
import { backup } from '../../src/commands/backup/backup.ts'
import { catalogTables } from '../../src/catalog/check-schema.ts'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { makeSet } from '../support/make-set.ts'
import { changeCatalog, freshFolder, hostileSet, runHostile, expectOneLine } from './hostile-set.ts'

let plain: Promise<string> | undefined

/** A sound catalog, made once. */
const soundCatalog = (): Promise<string> =>
  (plain ??= makeSet(path.join(freshFolder(), 'set'), {
    backups: [{ tree: { good: 'good', d: { type: 'dir' } } }],
  }).then((set) => set.plainCatalog))

/** A sound catalog, changed by `sql`. */
async function changed(sql: string): Promise<string> {
  const file = path.join(freshFolder(), 'catalog.sqlite')
  fs.copyFileSync(await soundCatalog(), file)
  changeCatalog(file, sql)
  return file
}

const maxCpuSeconds = 3

/** Opening it fails, soon, in one line that fits `why`, and changes nothing in the file's folder. */
function expectRefused(file: string, why: RegExp): void {
  const before = fs.readFileSync(file)
  const cpuSeconds = countCpuSeconds()
  expect(() => openCatalogFile(file)).toThrow(
    expect.objectContaining({ name: 'ButcherError', code: 'catalog', message: expect.stringMatching(why) }),
  )
  expect(cpuSeconds()).toBeLessThan(maxCpuSeconds)
  expect(fs.readFileSync(file).equals(before)).toBe(true)
  expect(fs.readdirSync(path.dirname(file))).toEqual([path.basename(file)])
}

const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, i FROM n'

describe('a schema that is not a catalog’s', () => {
  test('a sound one is opened, and to read only', async () => {
    const db = openCatalogFile(await soundCatalog())
    expect(db.prepare('SELECT count(*) FROM entry').pluck().get()).toBe(2)
    expect(() => db.exec('DELETE FROM entry')).toThrow(/readonly/)
    db.close()
  })

  test.each([
    [
      'a view in place of a table',
      `DROP TABLE meta; CREATE VIEW meta(key, value) AS ${endless}`,
      /its meta is not a table/,
    ],
    ['a view that never ends', `CREATE VIEW more AS ${endless}`, /it has a view more/],
    [
      'a trigger',
      `CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM content; END`,
      /it has a trigger t/,
    ],
    [
      'a temporary name in the schema',
      `CREATE TRIGGER "x${'\u001b'}[2Jy" AFTER INSERT ON entry BEGIN SELECT 1; END`,
      /trigger x\\x1b\[2Jy/,
    ],
    ['a virtual table', 'CREATE VIRTUAL TABLE f USING fts5(a)', /it has a table f/],
    [
      'an R-tree in place of a table',
      'DROP TABLE problem; CREATE VIRTUAL TABLE problem USING rtree(a, b, c)',
      /problem/,
    ],
    [
      'a column that computes',
      `DROP TABLE meta; CREATE TABLE meta(key TEXT PRIMARY KEY, value AS (zeroblob(1000000000))) WITHOUT ROWID`,
      /its table meta is not/,
    ],
    ['an index over an expression', 'CREATE INDEX i ON entry(abs(mode))', /it has a index i/],
    ['a table too many', 'CREATE TABLE sqlite(x)', /it has a table sqlite/],
    ['a lost table', 'DROP TABLE owner', /it has no table owner/],
    ['a lost index', 'DROP INDEX owner_by_name', /it has no index owner_by_name/],
    [
      'a lost column',
      'DROP VIEW restore_plan; ALTER TABLE entry DROP COLUMN sparse',
      /entry has no column sparse: an earlier/,
    ],
    ['a renamed column', 'ALTER TABLE part RENAME COLUMN hash TO digest', /part/],
    ['a column more', 'ALTER TABLE chunk ADD COLUMN x', /its table chunk is not/],
    ['a check that computes', 'DROP TABLE root; CREATE TABLE root(backup CHECK (abs(backup) > 0))', /root/],
    ['another application', 'PRAGMA application_id = 7', /no catalog of butcher/],
    ['a later format', 'PRAGMA user_version = 99', /of format 99, newer/],
    [
      'a schema row that lies',
      `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE owner(id)' WHERE name = 'owner'`,
      /owner|damaged/,
    ],
    [
      'text that is no SQL',
      `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x' WHERE name = 'meta'`,
      /damaged/,
    ],
    [
      'two tables on the same pages',
      `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage =
        (SELECT rootpage FROM sqlite_schema WHERE name = 'backup') WHERE name = 'disc'`,
      /damaged/,
    ],
  ])('%s', async (_, sql, why) => {
    expectRefused(await changed(sql), why)
  })

  test('text in UTF-16', async () => {
    const file = path.join(freshFolder(), 'catalog.sqlite')
    const db = new Database(file)
    db.exec(
      `PRAGMA encoding = 'UTF-16le'; PRAGMA application_id = ${0x42746368}; CREATE TABLE meta(key, value)`,
    )
    db.close()
    expectRefused(file, /not UTF-8/)
  })

  test('so many tables that the schema is large is not read at all', async () => {
    const many = Array.from({ length: 700 }, (_, i) => `CREATE TABLE t${i}(a, b, c);`).join('')
    expectRefused(await changed(`BEGIN; ${many} COMMIT`), /too many tables/)
  })

  test('a table whose text is of ten million bytes', async () => {
    const columns = Array.from({ length: 1900 }, (_, i) => `c${i} DEFAULT '${'x'.repeat(500)}'`).join()
    expectRefused(await changed(`CREATE TABLE t(${columns})`), /too many tables/)
  })

  test('views of other words do not count, as nobody reads them, and a backup that goes on makes them anew', async () => {
    const folder = freshFolder()
    const [source, destination] = [path.join(folder, 'source'), path.join(folder, 'set')]
    fs.mkdirSync(source)
    fs.writeFileSync(path.join(source, 'a'), 'a')
    await backup({ source, destination, medium: 'unlimited', jobs: 1 })
    const catalog = path.join(destination, 'catalog.sqlite')
    const viewText = (): unknown => {
      const db = new Database(catalog, { readonly: true })
      try {
        return db.prepare(`SELECT sql FROM sqlite_schema WHERE name = 'discs'`).pluck().get()
      } finally {
        db.close()
      }
    }
    const before = viewText()
    changeCatalog(catalog, `DROP VIEW discs; CREATE VIEW discs AS ${endless}`)
    openCatalogFile(catalog).close()
    fs.writeFileSync(path.join(source, 'b'), 'b')
    await backup({ source, destination, medium: 'unlimited', jobs: 1 })
    expect(viewText()).toBe(before)
  })

  test('going on with it, by --index too, is refused in the same words', async () => {
    const folder = freshFolder()
    fs.mkdirSync(path.join(folder, 'source'))
    const index = await changed('CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM content; END')
    const call = {
      source: path.join(folder, 'source'),
      destination: path.join(folder, 'set'),
      index,
      jobs: 1,
    }
    await expect(backup(call)).rejects.toThrow(/it has a trigger t/)
  })
})

describe('values that are none', () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    INTEGER: [`'text'`, `x'00'`, '1e300'],
    TEXT: [`x'00ff'`],
    BLOB: [`'text'`, '7'],
    '': ['7', '1.5'],
  }

  test('every column of every table holds what it says, or the catalog is refused', async () => {
    let tried = 0
    const template = await changed(
      `INSERT INTO part VALUES (9, 1, 1, 0, 1, x'00'); INSERT INTO problem VALUES (1, 'p', 'm')`,
    )
    for (const { name, columns } of catalogTables()) {
      const db = new Database(template, { readonly: true })
      const rows = db.prepare(`SELECT count(*) FROM "${name}"`).pluck().get()
      const isRowid = columns.filter(({ pk }) => pk > 0).length === 1
      db.close()
      if (rows === 0) continue
      for (const column of columns) {
        for (const value of wrong[column.type] ?? []) {
          // The number of a row is a number, whatever is done.
          if (isRowid && column.pk > 0 && column.type === 'INTEGER') continue
          if (name === 'meta' && column.name === 'value') continue
          const file = path.join(freshFolder(), 'catalog.sqlite')
          fs.copyFileSync(template, file)
          changeCatalog(file, `UPDATE OR REPLACE "${name}" SET "${column.name}" = ${value}`)
          expectRefused(file, /wrong value in \w+ of table \w+|not in order/)
          fs.rmSync(path.dirname(file), { recursive: true })
          tried++
        }
      }
    }
    expect(tried).toBeGreaterThan(60)
  })

  test.each([
    ['a size below nothing', 'UPDATE content SET size = -1', /size of table content/],
    ['a size of 2^63 - 1', 'UPDATE content SET size = 9223372036854775807', /size of table content/],
    ['a time that is no date', 'UPDATE backup SET started = 9223372036854775807', /started of table backup/],
    ['a part below zero', `INSERT INTO part VALUES (1, -1, 1, 0, 1, x'00')`, /part of table part/],
    [
      'a path of a million characters',
      `UPDATE entry SET path = path || replace(hex(zeroblob(500000)), '0', 'x')`,
      /path of/,
    ],
    [
      'a link of a million characters',
      `UPDATE entry SET link = replace(hex(zeroblob(500000)), '0', 'x')`,
      /link of/,
    ],
    ['a label of 10 MB', `UPDATE disc SET label = CAST(zeroblob(10000000) AS TEXT)`, /label of table disc/],
    ['a hash of 10 MB', 'UPDATE content SET hash = zeroblob(10000000)', /hash of table content/],
    ['a setting of 17 MB', `UPDATE meta SET value = CAST(zeroblob(17000000) AS TEXT)`, /value of table meta/],
  ])('%s', async (_, sql, why) => {
    expectRefused(await changed(sql), why)
  })
})

describe('pages that lie', () => {
  test('a tree whose pages all lead to the same page would never end', async () => {
    const file = await changed(
      `BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
       INSERT INTO owner SELECT i, i, i, NULL, NULL FROM n WHERE i > 1000; COMMIT`,
    )
    const db = new Database(file, { readonly: true })
    const root = db.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'owner'`).pluck().get() as number
    const pageBytes = db.pragma('page_size', { simple: true }) as number
    db.close()
    const bytes = fs.readFileSync(file)
    // The root is a page of children: each of them, and of theirs, is led to the root's first child.
    const at = (root - 1) * pageBytes
    const count = bytes.readUInt16BE(at + 3)
    expect(bytes[at]).toBe(5)
    const child = bytes.readUInt32BE(at + bytes.readUInt16BE(at + 12))
    for (let i = 0; i < count; i++) bytes.writeUInt32BE(child, at + bytes.readUInt16BE(at + 12 + 2 * i))
    fs.writeFileSync(file, bytes)
    expectRefused(file, /not in order/)
  })

  test('a page of children that leads to itself', async () => {
    const file = await changed(
      `BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
       INSERT INTO owner SELECT i, i, i, NULL, NULL FROM n WHERE i > 1000; COMMIT`,
    )
    const db = new Database(file, { readonly: true })
    const root = db.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'owner'`).pluck().get() as number
    const pageBytes = db.pragma('page_size', { simple: true }) as number
    db.close()
    const bytes = fs.readFileSync(file)
    const at = (root - 1) * pageBytes
    for (let i = 0; i < bytes.readUInt16BE(at + 3); i++) {
      bytes.writeUInt32BE(root, at + bytes.readUInt16BE(at + 12 + 2 * i))
    }
    fs.writeFileSync(file, bytes)
    expectRefused(file, /not in order|damaged/)
  })

  test('a schema page that leads to itself, or to nowhere', async () => {
    for (const child of [1, 2, 0xffffffff]) {
      const file = await changed('')
      const bytes = fs.readFileSync(file)
      bytes[100] = 5
      bytes.writeUInt32BE(child, 108)
      fs.writeFileSync(file, bytes)
      expectRefused(file, /damaged/)
    }
  })

  test('each page in turn overwritten: refused, or read without trouble', async () => {
    const sound = fs.readFileSync(await soundCatalog())
    const refused: unknown[] = []
    for (let at = 0; at < sound.length; at += 1024) {
      const bytes = Buffer.from(sound)
      bytes.fill(0xa5, at + 40, at + 140)
      const file = path.join(freshFolder(), 'catalog.sqlite')
      fs.writeFileSync(file, bytes)
      try {
        openCatalogFile(file).close()
      } catch (error) {
        refused.push(error)
      }
    }
    const ours = { name: 'ButcherError', code: 'catalog' }
    expect(refused).toEqual(refused.map(() => expect.objectContaining(ours)))
    expect(refused.length).toBeGreaterThan(3)
  })
})

test('the command line says it in one line', async () => {
  const set = await hostileSet({ good: 'good' }, `CREATE VIEW "a${'\u001b'}[31m" AS ${endless}`)
  expectOneLine(runHostile(['list', set.catalog]), /it has a view a\\x1b\[31m, which no catalog has/)
})
