import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { log } from '../../../src/commands/catalog/log.ts'
import { tables } from '../../../src/format/catalog-schema.ts'

let db: Database.Database

beforeAll(() => {
  db = new Database(':memory:')
  db.exec(tables)
  db.exec(`
    INSERT INTO backup VALUES (1, 'first', 1000, 2000, '/s', 3, 300), (2, NULL, 3000, NULL, '/s', NULL, NULL);
    INSERT INTO chunk VALUES (1, 1, 'a', 10, x'00', 1), (2, 1, 'b', 20, x'00', 1), (3, 2, 'c', 30, x'00', 1), (4, 2, 'd', 5, x'00', 2);
    INSERT INTO meta VALUES ('pinned 1', 4000), ('forgotten 2', 5000);
    INSERT INTO problem VALUES (1, 'x', 'cannot be read');
  `)
})

afterAll(() => {
  db.close()
})

test('the backups are told oldest first, with what each added and where', () => {
  expect(log(db)).toEqual([
    { backup: 1, name: 'first', started: 1000, finished: 2000, files: 3, bytes: 300, chunks: 3, bytesStored: 60, discs: [1, 2], problems: 1, forgotten: null, pinned: true },
    { backup: 2, name: null, started: 3000, finished: null, files: null, bytes: null, chunks: 1, bytesStored: 5, discs: [2], problems: 0, forgotten: 5000, pinned: false },
  ]) // prettier-ignore
})

test('a catalog without backups gives none', () => {
  const empty = new Database(':memory:')
  empty.exec(tables)
  expect(log(empty)).toEqual([])
  empty.close()
})
