/** Windows of rows give what one statement over the whole table gives. */

import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { PathWindows } from '../../src/catalog/path-windows.ts'

/** Paths of which UTF-16 and UTF-8 have another order, many versions of one path, and one that is no text. */
function table(): Database.Database {
  const db = new Database(':memory:')
  db.exec('CREATE TABLE entry(path NOT NULL, first INTEGER NOT NULL, PRIMARY KEY(path, first)) WITHOUT ROWID')
  const add = db.prepare('INSERT INTO entry VALUES (?, ?)')
  for (let i = 0; i < 1500; i++) add.run(`folder/${i % 7}/${i}`, 1)
  for (let i = 1; i <= 700; i++) add.run('folder/3/many', i)
  for (const name of ['\ue000', '\u{1f600}', '\uffff', 'z']) add.run(`folder/${name}`, 1)
  add.run(Buffer.from([0xff]), 1)
  return db
}

type Row = [path: string, first: number]

test.each(['', 'folder/', 'folder/3/many', 'folder/3/manx', 'folder/\ue000', 'folder/\uffff', 'g'])(
  'all rows from %j on',
  (start) => {
    const db = table()
    const sql = `SELECT path, first FROM entry WHERE path >= ? AND path < x'' ORDER BY path, first`
    const expected = db.prepare(sql).raw().all(start)
    const windows = new PathWindows<Row>(db, 'SELECT path, first')
    for (let round = 0; round < 2; round++) {
      const found: Row[] = []
      const cursor = windows.seek(start)
      for (let row = cursor.row; row !== undefined; row = cursor.row) {
        found.push(row)
        cursor.next()
      }
      expect(found).toEqual(expected)
    }
  },
)

test('a jump lands on the first row at or behind a path, in known windows and in others', () => {
  const db = table()
  const first = db.prepare(
    `SELECT path, first FROM entry WHERE path >= ? AND path < x'' ORDER BY path, first`,
  )
  const windows = new PathWindows<Row>(db, 'SELECT path, first')
  const cursor = windows.seek('')
  for (const path of [
    'folder/0/1',
    'folder/10',
    'folder/3/many',
    'folder/3/many0',
    'folder/5/9',
    'folder/z',
  ]) {
    cursor.skipTo(path)
    expect(cursor.row).toEqual(first.raw().get(path))
    for (let i = 0; i < 40; i++) if (cursor.row) cursor.next()
  }
  cursor.skipTo('h')
  expect(cursor.row).toBeUndefined()
})
