import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entriesInFolder, entriesOfBackup, entryOfBackup } from '../../src/catalog/entry-rows.ts'
import { tables } from '../../src/format/catalog-schema.ts'
import { pathForCatalog } from '../../src/format/path-text.ts'
import { countReads } from '../support/count-reads.ts'

let db: Database.Database

function add(path: string, type: string, first = 1, last: number | null = null): void {
  db.prepare(
    'INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content, member, link, device) VALUES (?, ?, ?, ?, 420, 1, ?, NULL, NULL, 5, NULL, NULL, NULL, NULL)',
  ).run(pathForCatalog(path), first, last, type, -1_500_000_000n)
}

beforeAll(() => {
  db = new Database(':memory:')
  db.exec(tables)
  db.exec(`INSERT INTO owner VALUES (1, 1000, 100, 'anna', NULL)`)
  for (const folder of ['a', 'a-b', 'a/sub', 'b\udcff', 'a/\udcfe']) add(folder, 'dir')
  for (const path of ['a.txt', 'a/1', 'a/sub/deep', 'a/sub/deeper', 'a/sub0', 'a-b/x', 'a0'])
    add(path, 'file')
  for (const path of ['b\udcff/x', 'b\udcff/y/z', 'a/\udcfd', 'a/\udcfe/inside', '\udc80']) add(path, 'file')
  add('a/old', 'file', 1, 1)
  add('a/old', 'file', 3, 4)
  add('gone', 'dir', 1, 1)
  add('gone/x', 'file', 1, 1)
})

afterAll(() => {
  db.close()
})

const names = (backup: number, folder: string): string[] =>
  [...entriesInFolder(db, backup, folder)].map((entry) => entry.path)

describe('a folder shows what stands in it, and nothing below', () => {
  test.each([
    [2, '', ['a', 'a-b', 'a.txt', 'a0', 'b\udcff', '\udc80']],
    [1, '', ['a', 'a-b', 'a.txt', 'a0', 'gone', 'b\udcff', '\udc80']],
    [2, 'a', ['a/1', 'a/sub', 'a/sub0', 'a/\udcfd', 'a/\udcfe']],
    [3, 'a', ['a/1', 'a/old', 'a/sub', 'a/sub0', 'a/\udcfd', 'a/\udcfe']],
    [2, 'a/sub', ['a/sub/deep', 'a/sub/deeper']],
    [2, 'a/\udcfe', ['a/\udcfe/inside']],
    [2, 'b\udcff', ['b\udcff/x']],
    [2, 'nowhere', []],
  ])('backup %i, %j', (backup, folder, expected) => {
    expect(names(backup, folder)).toEqual(expected)
  })
})

test('a backup shows everything it holds, in the order of the bytes, what is not UTF-8 last', () => {
  const paths = [...entriesOfBackup(db, 2)].map((entry) => entry.path)
  expect(paths.slice(0, 5)).toEqual(['a', 'a-b', 'a-b/x', 'a.txt', 'a/1'])
  expect(paths.slice(-2)).toEqual(['b\udcff/y/z', '\udc80'])
  expect(paths).not.toContain('gone')
  expect(paths).not.toContain('a/old')
})

test('one path is found as a backup holds it', () => {
  expect(entryOfBackup(db, 1, 'a/old')).toMatchObject({ first: 1, last: 1 })
  expect(entryOfBackup(db, 2, 'a/old')).toBeUndefined()
  expect(entryOfBackup(db, 4, 'a/old')).toMatchObject({ first: 3, last: 4 })
  expect(entryOfBackup(db, 5, 'a/old')).toBeUndefined()
  expect(entryOfBackup(db, 5, '\udc80')).toEqual({
    path: '\udc80',
    type: 'file',
    first: 1,
    last: null,
    mode: 0o644,
    mtime: -1_500_000_000n,
    uid: 1000,
    gid: 100,
    user: 'anna',
    group: null,
    size: 5,
    hash: null,
    link: null,
    device: null,
    content: null,
  })
})

test('a subfolder costs a seek, however much is in it', () => {
  const big = new Database(':memory:')
  big.exec(tables)
  big.exec(`INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content, member, link, device) SELECT printf('big/%d/%d', n / 50000, n), 1, 1, 'file', 0, 1, 0, NULL, NULL, 1, NULL, NULL, NULL, NULL
    FROM (WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c LIMIT 200000) SELECT n FROM c)`)
  big.exec(
    `INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content, member, link, device) VALUES ('big/file', 1, NULL, 'file', 0, 1, 0, NULL, NULL, 1, NULL, NULL, NULL, NULL)`,
  )
  const reads = countReads(big)
  expect([...entriesInFolder(big, 1, 'big')].map((entry) => entry.path)).toEqual(['big/file'])
  expect(reads.rows).toBeLessThan(50)
  big.close()
})
