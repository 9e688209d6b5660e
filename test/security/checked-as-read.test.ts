/**
 * A hostile catalog that is not looked through when it is opened: what is read of it is checked when it is
 * read.
 */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { checkedAtOnce } from '../../src/catalog/check-as-read.ts'
import { catalogTables } from '../../src/catalog/check-schema.ts'
import { openCatalogFile } from '../../src/catalog/read-catalog.ts'
import { entryFields, entryLine } from '../../src/cli/entry-text.ts'
import { asFailure } from '../../src/cli/failure.ts'
import { diff } from '../../src/commands/catalog/diff.ts'
import { discs } from '../../src/commands/catalog/discs.ts'
import { find } from '../../src/commands/catalog/find.ts'
import { list } from '../../src/commands/catalog/list.ts'
import { log } from '../../src/commands/catalog/log.ts'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { makeSet } from '../support/make-set.ts'
import { sampleHistory } from '../support/sample-trees.ts'
import { changeCatalog, expectOneLine, freshFolder, runHostile } from './hostile-set.ts'
import { longTest, takesAllRows } from '../support/rows.ts'

let plain: Promise<string> | undefined

const soundCatalog = (): Promise<string> =>
  (plain ??= makeSet(path.join(freshFolder(), 'set'), { backups: sampleHistory }).then(
    (set) => set.plainCatalog,
  ))

const copied = (file: string): string => {
  const copy = path.join(freshFolder(), 'catalog.sqlite')
  fs.copyFileSync(file, copy)
  return copy
}

async function changed(sql: string): Promise<string> {
  const file = copied(await soundCatalog())
  changeCatalog(file, sql)
  return file
}

type Question = (db: Database.Database) => unknown

const questions: Readonly<Record<string, Question>> = {
  list: (db) => [...list(db).entries].map((entry) => [entryLine(entry), JSON.stringify(entryFields(entry))]),
  'list of a folder': (db) => [...list(db, { path: 'folder', at: '1' }).entries].map(entryLine),
  'find of a path': (db) => [...find(db, 'folder/stays.txt')].map(({ entry }) => entryLine(entry)),
  'find of a name': (db) => [...find(db, 'stays.txt')].map(({ entry }) => entryLine(entry)),
  'find by a pattern': (db) => [...find(db, '*.b?n', { ignoreCase: true })].map(({ stored }) => stored),
  log,
  discs: (db) => discs(db),
  diff: (db) => [...diff(db, '1', '3').changes],
}

/** Which questions get an answer, and the codes of the errors that the others end with. */
function ask(file: string): { readonly answered: string[]; readonly codes: string[] } {
  const answered: string[] = []
  const codes: string[] = []
  for (const [name, question] of Object.entries(questions)) {
    let db: Database.Database | undefined
    try {
      db = openCatalogFile(file, file, 'as-read')
      question(db)
      answered.push(name)
    } catch (error) {
      codes.push(asFailure(error).code)
    } finally {
      db?.close()
    }
  }
  return { answered, codes }
}

/** `usage`: that a backup is not there is no fault of the file. */
const orderly: readonly string[] = ['catalog', 'usage', 'no-match']

test('a sound one answers every question as one does that was looked through', async () => {
  const file = await soundCatalog()
  const [whole, asRead] = [openCatalogFile(file), openCatalogFile(file, file, 'as-read')]
  for (const question of Object.values(questions)) expect(question(asRead)).toEqual(question(whole))
  expect(() => asRead.exec('CREATE TEMP TABLE t(a)')).toThrow(/readonly/)
  whole.close()
  asRead.close()
})

const wrong: Readonly<Record<string, readonly string[]>> = {
  INTEGER: [`'text'`, `x'00'`, '1e300', '1.5', '-1'],
  TEXT: [`x'00ff'`, `replace(hex(zeroblob(5000)), '0', 'x')`],
  BLOB: [`'text'`, '7', 'zeroblob(65)'],
  '': ['7', '1.5', 'NULL', `replace(hex(zeroblob(5000)), '0', 'x')`],
}

longTest('every wrong value of every column is refused by who reads it, and nobody is harmed', async () => {
  let refusals = 0
  const disorderly: string[] = []
  const atOnce = new Set(checkedAtOnce().map(({ name }) => name))
  for (const { name, columns } of catalogTables()) {
    if (atOnce.has(name)) continue
    const isRowid = columns.filter(({ pk }) => pk > 0).length === 1
    for (const column of columns) {
      // The number of a row is a number, whatever is done.
      if (isRowid && column.pk > 0 && column.type === 'INTEGER') continue
      for (const value of wrong[column.type] ?? []) {
        const file = await changed(`UPDATE OR IGNORE "${name}" SET "${column.name}" = ${value}`)
        const { codes } = ask(file)
        disorderly.push(...codes.filter((code) => !orderly.includes(code)))
        refusals += codes.length
        fs.rmSync(path.dirname(file), { recursive: true })
      }
    }
  }
  expect(disorderly).toEqual([])
  expect(refusals).toBeGreaterThan(200)
})

test('a wrong value is no trouble to who does not read it, and is named to who does', async () => {
  const file = await changed(`UPDATE entry SET size = 'large' WHERE path = 'a.txt'`)
  const { answered } = ask(file)
  expect(answered).toEqual(['list of a folder', 'find of a path', 'find of a name', 'log', 'discs'])
  const run = runHostile(['list', file])
  expectOneLine(run, /is damaged or no catalog of butcher: it has a wrong value in size of table entry/)
})

/**
 * A catalog of which `table` is four levels deep, and every page of children leads to one page below,
 * wherever it leads.
 */
async function endlessTree(table: string, rows: string): Promise<string> {
  const file = await changed(rows)
  const db = new Database(file, { readonly: true })
  const root = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number
  const pageBytes = db.pragma('page_size', { simple: true }) as number
  db.close()
  const bytes = fs.readFileSync(file)
  const at = (page: number): number => (page - 1) * pageBytes
  const count = bytes.readUInt16BE(at(root) + 3)
  expect([2, 5]).toContain(bytes[at(root)])
  const places = [8, ...Array.from({ length: count }, (_, i) => bytes.readUInt16BE(at(root) + 12 + 2 * i))]
  const below = places.slice(0, 3).map((place) => bytes.readUInt32BE(at(root) + place))
  for (const [i, page] of [root, ...below.slice(0, 2)].entries()) {
    bytes.copy(bytes, at(page), at(root), at(root) + pageBytes)
    for (const place of places) bytes.writeUInt32BE(below[i] as number, at(page) + place)
  }
  fs.writeFileSync(file, bytes)
  return file
}

const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)'

test.each([
  [
    'entries',
    'entry',
    `INSERT INTO entry(path, first, last, type, mode, owner, mtime) ${numbers}
      SELECT printf('%08d', i), 9, NULL, 'file', 0, 1, 0 FROM n`,
  ],
  ['contents', 'content', `INSERT INTO content ${numbers} SELECT 1000 + i, i, zeroblob(64), 1, 1 FROM n`],
])('a tree of %s whose pages are used again and again comes to an end', async (_, table, rows) => {
  const file = await endlessTree(table, rows)
  const cpuSeconds = countCpuSeconds()
  expect(ask(file).codes.filter((code) => !orderly.includes(code))).toEqual([])
  const db = openCatalogFile(file, file, 'as-read')
  expect(() => db.prepare(`SELECT count(*) FROM ${table}`).get()).toThrow(/its pages are not in order/)
  db.close()
  expect(cpuSeconds()).toBeLessThan(30)
  // Of rows that fit nothing that is asked the bound holds, too.
  const run = runHostile(['find', file, '*.nothing'])
  expect(run.told.join('\n')).toMatch(
    table === 'entry' ? /its pages are not in order/ : /nothing in the set matches/,
  )
  expect(run.peakMegabytes).toBeLessThan(300)
})

test('each page in turn overwritten: refused, or read without trouble', async () => {
  const sound = fs.readFileSync(await soundCatalog())
  const file = copied(await soundCatalog())
  const codes: string[] = []
  for (let at = 0; at < sound.length; at += takesAllRows ? 2048 : 8192) {
    const bytes = Buffer.from(sound)
    bytes.fill(0xa5, at + 40, at + 140)
    fs.writeFileSync(file, bytes)
    codes.push(...ask(file).codes)
  }
  expect(codes.filter((code) => !orderly.includes(code))).toEqual([])
  expect(codes.length).toBeGreaterThan(3)
})
