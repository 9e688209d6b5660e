import Database from 'better-sqlite3'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { restore } from '../../src/commands/restore/restore.ts'
import { makeSet, type TestTree } from '../support/make-set.ts'
import { longTest, rows } from '../support/rows.ts'

let root: string

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'unsafe-'))
})

afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

/** Restores a set whose catalog was changed by `sql`; answers what was told and what is there, in and out. */
async function restoreChanged(tree: TestTree, sql: string, overwrite = false) {
  const folder = fs.mkdtempSync(path.join(root, 'set-'))
  const set = await makeSet(path.join(folder, 'set'), { backups: [{ tree }], chunkBytes: 1e6 })
  const db = new Database(set.catalog)
  db.exec(sql.replaceAll('OUTSIDE', path.join(folder, 'outside')))
  db.close()
  fs.mkdirSync(path.join(folder, 'outside'))
  fs.writeFileSync(path.join(folder, 'outside', 'victim'), 'untouched')
  const destination = path.join(folder, 'a', 'b', 'restored')
  const told: string[] = []
  const summary = await restore({
    from: [set.destination],
    destination,
    overwrite,
    jobs: 1,
    report: (event) => event.type === 'warning' && told.push(event.message),
  })
  expect(fs.readFileSync(path.join(folder, 'outside', 'victim'), 'utf8')).toBe('untouched')
  expect(fs.readdirSync(path.join(folder, 'outside'))).toEqual(['victim'])
  expect(fs.readdirSync(path.join(folder, 'a'))).toEqual(['b'])
  expect(fs.readdirSync(path.join(folder, 'a', 'b'))).toEqual(['restored'])
  const there = (fs.readdirSync(destination, { recursive: true, encoding: 'utf8' }) as string[]).sort()
  return { summary, told, there, destination }
}

const entry = (name: string, type: string, link = 'NULL', content = 'NULL'): string =>
  `INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content, member, link, device) SELECT ${name}, 1, NULL, '${type}', 511, owner, mtime, ctime, inode, size, ${content}, 'good', ${link}, NULL
   FROM entry WHERE path = 'good';`

describe('a catalog that means harm', () => {
  const names = [
    ["'/OUTSIDE/x'"],
    ["'../x'"],
    ["'a/../../x'"],
    ["'..'"],
    ["'a//x'"],
    ["'./x'"],
    ["''"],
    ["'x' || char(0) || 'y'"],
    ["CAST('../x' AS BLOB)"],
  ]

  test.each(rows(names, [0, 2, 6, 8]))('a file at %s is refused and named', async (name) => {
    const { summary, told, there } = await restoreChanged({ good: 'good' }, entry(name, 'file', 'NULL', '1'))
    expect(summary.failed).toBe(1)
    expect(told).toEqual([expect.stringMatching(/would lead outside/)])
    expect(there).toEqual(['good'])
  })

  test.each(rows(['dir', 'symlink', 'fifo', 'hardlink'], [1, 3]))('a %s outside is refused', async (type) => {
    const link = type === 'symlink' || type === 'hardlink' ? "'good'" : 'NULL'
    const { summary, there } = await restoreChanged({ good: 'good' }, entry("'../x'", type, link))
    expect(summary.failed).toBe(1)
    expect(there).toEqual(['good'])
  })

  test.each([false, true])(
    'a file through a symlink of the same backup (overwrite %s)',
    async (overwrite) => {
      const sql =
        entry("'evil'", 'symlink', "'OUTSIDE'") +
        entry("'evil/x'", 'file', 'NULL', '1') +
        entry("'evil/l'", 'symlink', "'y'")
      const { summary, told, there } = await restoreChanged({ good: 'good' }, sql, overwrite)
      expect(summary.failed).toBe(1)
      expect(told).toEqual([expect.stringMatching(/^not restored: evil:/)])
      expect(there).toEqual(['evil', 'evil/l', 'evil/x', 'good'])
    },
  )

  test('hard links to what is outside and to nothing; one to a symlink is the symlink under another name', async () => {
    const sql =
      entry("'h1'", 'hardlink', "'OUTSIDE/victim'") +
      entry("'h2'", 'hardlink', "'s'") +
      entry("'h3'", 'hardlink', "'../../../outside/victim'") +
      entry("'h4'", 'hardlink') +
      entry("'s'", 'symlink', "'OUTSIDE/victim'")
    const { summary, there } = await restoreChanged({ good: 'good' }, sql)
    expect(summary.failed).toBe(3)
    expect(there).toEqual(['good', 'h2', 's'])
  })

  test('hard links in a circle', async () => {
    const { summary, there } = await restoreChanged(
      { good: 'good' },
      entry("'h1'", 'hardlink', "'h2'", '1') + entry("'h2'", 'hardlink', "'h1'", '1'),
    )
    expect(there).toContain('good')
    expect(summary.files + summary.failed).toBe(3)
  })

  test('a member of the right name and another size or content', async () => {
    const wrongSize = await restoreChanged({ good: 'good' }, 'UPDATE content SET size = 5')
    expect(wrongSize.there).toEqual([])
    expect(wrongSize.told).toContainEqual(expect.stringMatching(/^not restored: good: chunk/))
    const wrongHash = await restoreChanged({ good: 'good' }, 'UPDATE content SET hash = zeroblob(32)')
    expect(wrongHash.there).toEqual([])
    expect(wrongHash.summary.failed).toBe(1)
  })

  longTest('contents, chunks, parts and owners that the catalog does not have', async () => {
    const tree = { good: 'good', empty: '', big: { type: 'file' as const, data: 'x'.repeat(3000) } }
    const cases: [string, number][] = [
      ['DELETE FROM content', 3],
      ['DELETE FROM chunk', 2],
      ['UPDATE content SET chunk = NULL WHERE size > 0', 2],
      ['UPDATE content SET parts = 3 WHERE size = 3000', 1],
      ['UPDATE content SET hash = zeroblob(32) WHERE size = 0', 1],
      ["UPDATE chunk SET name = '../../../outside/victim'", 2],
      ['UPDATE chunk SET disc = 9', 0],
      ['DELETE FROM owner', 0],
    ]
    for (const [sql, failed] of cases) {
      const { summary, there } = await restoreChanged(tree, sql)
      expect([sql, summary.failed, there.length]).toEqual([sql, failed, 3 - failed])
    }
  })

  test('a catalog with rows of the wrong kind is named, and a sound one of a disc is used', async () => {
    const sql =
      'CREATE TABLE e AS SELECT * FROM entry; DROP TABLE entry; ALTER TABLE e RENAME TO entry; UPDATE entry SET mode = NULL, owner = NULL'
    const { told, there } = await restoreChanged({ good: 'good' }, `DROP VIEW restore_plan; ${sql}`)
    expect(told).toEqual([
      expect.stringMatching(/is damaged or no catalog.*its table entry.*: looking for another$/),
    ])
    expect(there).toEqual(['good'])
  })

  test('names with terminal escapes are shown harmlessly', async () => {
    const { told } = await restoreChanged(
      { good: 'good' },
      entry("'../' || char(27) || '[2Jx'", 'file', 'NULL', '1'),
    )
    expect(told[0]).toMatch(/\\x1b\[2Jx/)
    expect(told[0]).not.toContain('\u001b')
  })
})
