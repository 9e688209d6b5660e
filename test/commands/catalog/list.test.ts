import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { list } from '../../../src/commands/catalog/list.ts'
import { type OpenCatalog, openCatalog } from '../../../src/set/open-catalog.ts'
import { makeSet } from '../../support/make-set.ts'
import { sampleHistory, sampleTree } from '../../support/sample-trees.ts'

let folder: string
let history: OpenCatalog
let sample: OpenCatalog

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-list-'))
  await makeSet(path.join(folder, 'history'), { backups: sampleHistory })
  await makeSet(path.join(folder, 'sample'), { backups: [{ tree: sampleTree }] })
  history = await openCatalog([path.join(folder, 'history')], {})
  sample = await openCatalog([path.join(folder, 'sample')], {})
})

afterAll(() => {
  history.close()
  sample.close()
  fs.rmSync(folder, { recursive: true })
})

const paths = (catalog: OpenCatalog, options: Parameters<typeof list>[1] = {}): string[] =>
  [...list(catalog.db, options).entries].map((entry) => entry.path)

test('each backup lists exactly its tree', () => {
  for (const [i, { tree }] of sampleHistory.entries()) {
    expect(paths(history, { at: String(i + 1) })).toEqual(Object.keys(tree).sort())
  }
})

test('the newest backup is the default', () => {
  expect(list(history.db).backup.number).toBe(sampleHistory.length)
})

test('every name comes back', () => {
  expect(new Set(paths(sample))).toEqual(new Set(Object.keys(sampleTree)))
})

test('a folder lists what stands in it, however it is written', () => {
  expect(paths(sample, { path: './dir//' })).toEqual(['dir/hard-too', 'dir/inner.txt', 'dir/sub'])
  expect(paths(sample, { path: '/' })).toEqual(paths(sample).filter((name) => !name.includes('/')))
})

test('a file lists itself', () => {
  expect([...list(sample.db, { path: 'setuid' }).entries]).toMatchObject([
    { path: 'setuid', type: 'file', mode: 0o4755, size: 7 },
  ])
})

test('patterns and an expression choose', () => {
  expect(paths(sample, { include: ['twin-*'] })).toEqual(['twin-a.bin', 'twin-b.bin'])
  expect(paths(history, { at: '2', exclude: ['folder', '*.bin'] })).toEqual([
    'a.txt', 'b.txt', 'becomes-dir', 'becomes-dir/inside', 'becomes-link',
  ]) // prettier-ignore
  expect(paths(history, { at: '2', filter: '^[ab]\\.txt$', exclude: ['*/'] })).toEqual(['a.txt', 'b.txt'])
})

test('a path that the backup does not hold is told', () => {
  expect(() => list(history.db, { at: '1', path: 'folder/moved-here.bin' })).toThrow(
    expect.objectContaining({
      code: 'no-match',
      message: 'there is no folder/moved-here.bin in backup 1',
    }),
  )
})
