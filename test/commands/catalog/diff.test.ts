import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { longTest } from '../../support/rows.ts'
import { diff } from '../../../src/commands/catalog/diff.ts'
import { tables } from '../../../src/format/catalog-schema.ts'
import { pathForCatalog } from '../../../src/format/path-text.ts'
import { countReads } from '../../support/count-reads.ts'

let db: Database.Database

beforeEach(() => {
  db = new Database(':memory:')
  db.exec(tables)
  for (const number of [1, 2, 3]) {
    db.prepare(`INSERT INTO backup VALUES (?, NULL, ?, ?, '/s', 0, 0)`).run(number, number, number)
  }
})

afterEach(() => {
  db.close()
})

interface Row {
  readonly first?: number
  readonly last?: number
  readonly type?: string
  readonly mode?: number
  readonly owner?: number
  readonly mtime?: number
  /** Stands for the bytes; each row stores its own copy where `copy` differs. */
  readonly content?: string
  readonly copy?: number
  readonly link?: string
}

const contents = new Map<string, number>()

function add(path: string, row: Row): void {
  const { first = 1, last = null, type = 'file', mode = 0o644, owner = 1, mtime = 1, copy = 0 } = row
  let id: number | null = null
  if (row.content !== undefined) {
    const key = `${row.content} ${copy}`
    id = contents.get(key) ?? contents.size + 1
    contents.set(key, id)
    const hash = Buffer.from(row.content)
    db.prepare('INSERT OR IGNORE INTO content VALUES (?, ?, ?, 1, 1)').run(id, row.content.length, hash)
  }
  db.prepare(
    'INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content, member, link, device) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, NULL, ?, NULL)',
  ).run(
    pathForCatalog(path),
    first,
    last,
    type,
    mode,
    owner,
    mtime,
    row.content?.length ?? null,
    id,
    row.link ?? null,
  )
}

const shown = (from?: string, to?: string): string[] =>
  [...diff(db, from, to).changes].map(
    ({ kind, path, origin }) => `${kind} ${origin === undefined ? '' : `${origin} -> `}${path}`,
  )

test('new, changed, deleted and unchanged', () => {
  add('same', { content: 'same' })
  add('gone', { content: 'gone', last: 1 })
  add('changed', { content: 'old', last: 1 })
  add('changed', { content: 'new', first: 2 })
  add('new', { content: 'fresh', first: 2 })
  expect(shown('1', '2')).toEqual(['changed changed', 'deleted gone', 'new new'])
  expect(shown('2', '1')).toEqual(['changed changed', 'new gone', 'deleted new'])
  expect(shown('2', '2')).toEqual([])
})

test('mode, owner or time alone are metadata', () => {
  for (const [path, change] of Object.entries({
    mode: { mode: 0o600 },
    owner: { owner: 2 },
    time: { mtime: 2 },
  })) {
    add(path, { content: 'x', last: 1 })
    add(path, { content: 'x', first: 2, ...change })
  }
  expect(shown('1', '2')).toEqual(['metadata mode', 'metadata owner', 'metadata time'])
})

test('the time of a directory alone does not count, its mode does', () => {
  add('a', { type: 'dir', last: 1 })
  add('a', { type: 'dir', first: 2, mtime: 9 })
  add('b', { type: 'dir', last: 1 })
  add('b', { type: 'dir', first: 2, mode: 0o700 })
  expect(shown('1', '2')).toEqual(['metadata b'])
})

test('content that was stored again is the same', () => {
  add('full', { content: 'x', last: 1 })
  add('full', { content: 'x', first: 2, copy: 1 })
  expect(shown('1', '2')).toEqual([])
})

test('a kind that became another is a change; a symlink changes with its target', () => {
  add('a', { content: 'x', last: 1 })
  add('a', { type: 'dir', first: 2 })
  add('b', { type: 'symlink', link: 'x', last: 1 })
  add('b', { type: 'symlink', link: 'y', first: 2 })
  expect(shown('1', '2')).toEqual(['changed a', 'changed b'])
})

test('which name of a file is the hard link does not count', () => {
  add('a', { content: 'x', last: 1 })
  add('b', { content: 'x', type: 'hardlink', link: 'a', last: 1 })
  add('b', { content: 'x', first: 2 })
  expect(shown('1', '2')).toEqual(['deleted a'])
})

test('nor which name of a symlink; what another name of one became counts', () => {
  add('a', { type: 'symlink', link: 'x', last: 1 })
  add('b', { type: 'hardlink', link: 'a', last: 1 })
  add('b', { type: 'symlink', link: 'x', first: 2 })
  add('c', { type: 'hardlink', link: 'a', last: 1 })
  add('c', { type: 'hardlink', link: 'b', first: 2 })
  add('d', { type: 'hardlink', link: 'a', last: 1 })
  add('d', { type: 'symlink', link: 'y', first: 2 })
  add('e', { type: 'hardlink', link: 'a', last: 1 })
  add('e', { type: 'fifo', first: 2 })
  expect(shown('1', '2')).toEqual(['deleted a', 'changed d', 'changed e'])
})

test('a file that went to another path is moved, and told once, at its new path', () => {
  add('z-old', { content: 'x', last: 1 })
  add('a-new', { content: 'x', first: 2 })
  expect(shown('1', '2')).toEqual(['moved z-old -> a-new'])
  expect(shown('2', '1')).toEqual(['moved a-new -> z-old'])
})

test('a copy is new while the path it came from is still there', () => {
  add('a', { content: 'x' })
  add('b', { content: 'x', first: 2 })
  expect(shown('1', '2')).toEqual(['new b'])
})

test('several of the same content are matched one to one', () => {
  for (const path of ['old/1', 'old/2', 'old/3']) add(path, { content: 'x', last: 1 })
  for (const path of ['new/1', 'new/2']) add(path, { content: 'x', first: 2 })
  expect(shown('1', '2')).toEqual(['moved old/1 -> new/1', 'moved old/2 -> new/2', 'deleted old/3'])
})

test('empty files are not moved', () => {
  add('a', { content: '', last: 1 })
  add('b', { content: '', first: 2 })
  expect(shown('1', '2')).toEqual(['deleted a', 'new b'])
})

test('a file that took the place of something else is changed, not moved', () => {
  add('a', { content: 'x', last: 1 })
  add('b', { type: 'symlink', link: 'a', last: 1 })
  add('b', { content: 'x', first: 2 })
  expect(shown('1', '2')).toEqual(['deleted a', 'changed b'])
})

test('over several backups only the two ends count', () => {
  add('a', { content: '1', last: 1 })
  add('a', { content: '2', first: 2, last: 2 })
  add('a', { content: '1', first: 3 })
  add('b', { content: 'x', first: 2, last: 2 })
  expect(shown('1', '3')).toEqual([])
  expect(shown('2', '3')).toEqual(['changed a', 'deleted b'])
})

test('names that are not UTF-8 move as well', () => {
  add('a\udcff', { content: 'x', last: 1 })
  add('b\udcfe', { content: 'x', first: 2 })
  add('c\udcfe', { content: 'y', first: 2 })
  expect(shown('1', '2')).toEqual(['moved a\udcff -> b\udcfe', 'new c\udcfe'])
})

test('the newest and the one before it are the default', () => {
  expect(diff(db)).toMatchObject({ from: { number: 2 }, to: { number: 3 } })
  expect(diff(db, '1')).toMatchObject({ from: { number: 1 }, to: { number: 3 } })
  db.exec('DELETE FROM backup WHERE number > 1')
  expect(() => diff(db)).toThrow(
    expect.objectContaining({ code: 'usage', message: 'there is no backup before 1 to compare it with' }),
  )
})

longTest('100,000 moved files are matched by reading each a few times', () => {
  const numbers =
    '(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000) SELECT n FROM c)'
  db.exec(`INSERT INTO content SELECT n, 9, cast(n AS BLOB), 1, 1 FROM ${numbers}`)
  for (const [folder, first, last] of [['old', 1, 1], ['new', 2, 'NULL']]) {
    db.exec(`INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content, member, link, device) SELECT '${folder}/' || n, ${first}, ${last}, 'file', 420, 1, 1, NULL, NULL, 9, n, NULL, NULL, NULL FROM ${numbers}`)
  } // prettier-ignore
  const reads = countReads(db)
  const kinds = new Map<string, number>()
  for (const { kind } of diff(db, '1', '2').changes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  expect([...kinds]).toEqual([['moved', 100_000]])
  expect(reads.rows).toBeLessThan(10 * 100_000)
})
