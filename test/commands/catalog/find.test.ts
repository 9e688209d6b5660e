import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { find, type FoundEntry } from '../../../src/commands/catalog/find.ts'
import { type OpenCatalog, openCatalog } from '../../../src/set/open-catalog.ts'
import { makeSet } from '../../support/make-set.ts'
import { noise, sampleHistory } from '../../support/sample-trees.ts'

let folder: string
let catalog: OpenCatalog

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-find-'))
  const odd = { 'odd\udcff/file.TXT': 'odd\n', 'odd\udcff': { type: 'dir' as const } }
  const [first, ...later] = sampleHistory
  const backups = [{ ...first, tree: { ...first?.tree, ...odd } }, ...later]
  await makeSet(path.join(folder, 'set'), { backups })
  catalog = await openCatalog([path.join(folder, 'set')], {})
})

afterAll(() => {
  catalog.close()
  fs.rmSync(folder, { recursive: true })
})

const found = (pattern: string, ignoreCase = false): FoundEntry[] => [
  ...find(catalog.db, pattern, { ignoreCase }),
]
const shown = (rows: readonly FoundEntry[]): string[] =>
  rows.map(({ entry, firstBackup, lastBackup }) => `${entry.path} ${firstBackup}-${lastBackup}`)

test('each version of a path is told with the backups that hold it', () => {
  expect(shown(found('/a.txt'))).toEqual(['a.txt 1-1', 'a.txt 2-3', 'a.txt 5-5'])
  expect(shown(found('folder/stays.txt'))).toEqual(['folder/stays.txt 1-3'])
})

test('a version that the newest backup holds goes up to it', () => {
  expect(shown(found('hard-c'))).toEqual(['hard-c 5-5'])
})

test('a pattern without a slash is for the last name, one with a slash for the path', () => {
  expect(shown(found('*s.txt'))).toEqual(['folder/goes.txt 1-1', 'folder/stays.txt 1-3'])
  expect(shown(found('folder/*'))).toHaveLength(3)
  expect(shown(found('*/moved-here.bin'))).toHaveLength(1)
  expect(shown(found('moved-here.bin/'))).toEqual([])
  expect(shown(found('folder/'))).toEqual(['folder 1-3'])
})

test('a text without wildcards is a part of the last name, with a slash a part of the path', () => {
  expect(shown(found('tays'))).toEqual(['folder/stays.txt 1-3'])
  expect(shown(found('older/sta'))).toEqual(['folder/stays.txt 1-3'])
  expect(shown(found('older'))).toEqual(['folder 1-3', 'folder 4-4'])
  expect(shown(found('a.txt'))).toEqual([...shown(found('/a.txt')), 'copy-of-a.txt 3-4'])
  expect(shown(found('OLDER/STA', true))).toEqual(['folder/stays.txt 1-3'])
  expect(shown(found('/folder/sta'))).toEqual([])
  expect(shown(found('/folder/stays.txt'))).toEqual(['folder/stays.txt 1-3'])
  const exactly = (pattern: string): string[] => shown([...find(catalog.db, pattern, { exact: true })])
  expect(exactly('stays')).toEqual([])
  expect(exactly('stays.txt')).toEqual(['folder/stays.txt 1-3'])
  expect(exactly('older/stays.txt')).toEqual([])
  expect(exactly('folder/stays.txt')).toEqual(['folder/stays.txt 1-3'])
})

test('case counts unless it is told not to', () => {
  expect(shown(found('A.TXT'))).toEqual([])
  expect(shown(found('A.TXT', true))).toHaveLength(4)
  expect(shown(found('FOLDER/STAYS.*', true))).toEqual(['folder/stays.txt 1-3'])
})

test('names that are not UTF-8 are found', () => {
  expect(shown(found('file.txt', true))).toEqual(['odd\udcff/file.TXT 1-1'])
  expect(shown(found('odd\udcff/file.TXT'))).toEqual(['odd\udcff/file.TXT 1-1'])
  expect(shown(found('odd?/**'))).toEqual(['odd\udcff/file.TXT 1-1'])
})

test('where it is stored agrees with restore_plan, part by part', () => {
  const plan = catalog.db.prepare(
    `SELECT part, disc, chunk FROM restore_plan WHERE backup = ? AND path = ? AND chunk IS NOT NULL ORDER BY part`,
  )
  const files = found('**').filter(({ entry }) => entry.type === 'file' && entry.path.isWellFormed())
  expect(files.length).toBeGreaterThan(20)
  for (const { entry, firstBackup, lastBackup, stored } of files) {
    expect(stored).toEqual(plan.all(firstBackup, entry.path))
    expect(stored).toEqual(plan.all(lastBackup, entry.path))
  }
  expect(found('split.bin')[0]?.stored.length).toBe(Math.ceil(noise(3500, 12).length / 1000))
})

test('what has no content is told without a place', () => {
  expect(found('becomes-link').at(-1)).toMatchObject({
    entry: { type: 'symlink', link: 'b.txt' },
    stored: [],
  })
})
