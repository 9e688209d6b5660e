import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { rows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import { chunkFiles, discFolders, restored, runBackup, storedMembers } from '../../support/backup-set.ts'
import { testSet } from '../../support/test-set.ts'

const set = testSet()
const { write } = set
let source: string
let destination: string

beforeEach(() => {
  ;({ source, destination } = set)
})

const contents = (): number => {
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  try {
    return db.prepare('SELECT count(*) FROM content WHERE size > 0').pluck().get() as number
  } finally {
    db.close()
  }
}

test.each(rows([1, 4], [1]))('of copies one is stored, in whatever chunk (%i workers)', async (jobs) => {
  for (const folder of ['a', 'b', 'c'])
    for (let i = 0; i < 40; i++) {
      write(`${folder}/${i}.bin`, noise(5000 + (i % 3), i))
      write(`${folder}/next-${i}.bin`, noise(5000 + (i % 3), i))
    }
  const run = await runBackup({ source, destination, jobs, chunkSizeBytes: 100_000, compress: 'none' })
  expect(run.told).toEqual([])
  expect(run).toMatchObject({ filesNew: 240, filesDeduplicated: 200 })
  expect(contents()).toBe(40)
  // Twelve would be planned; what turns out to be a copy leaves room for others.
  expect(run.chunks).toBeLessThan(jobs === 1 ? 7 : 11)
  expect(
    storedMembers(chunkFiles(discFolders(destination))).filter(({ name }) => name.endsWith('.bin')),
  ).toHaveLength(40)
  expect(await restored({ from: [destination], into: path.join(set.scratch, `out-${jobs}`) })).toEqual(
    describeTree(source),
  )
})

test('a sparse file is a copy of one that is not, and each comes back as it was', async () => {
  write('dense.bin', Buffer.alloc(300_000))
  fs.closeSync(fs.openSync(path.join(source, 'sparse.bin'), 'w'))
  fs.truncateSync(path.join(source, 'sparse.bin'), 300_000)
  await runBackup({ source, destination, compress: 'none' })
  expect(contents()).toBe(1)
  const into = path.join(set.scratch, 'out-sparse')
  expect(await restored({ from: [destination], into })).toEqual(describeTree(source))
  expect(fs.statSync(path.join(into, 'sparse.bin')).blocks).toBe(0)
})

test.each(rows([40_000, 150_000], [1]))('a hard link of a copy is one (%i bytes)', async (size) => {
  write('a/first.bin', noise(size, 1))
  write('b/copy.bin', noise(size, 1))
  fs.mkdirSync(path.join(source, 'c'))
  fs.linkSync(path.join(source, 'b/copy.bin'), path.join(source, 'c/link.bin'))
  const run = await runBackup({ source, destination, chunkSizeBytes: 100_000, compress: 'none' })
  expect(run.told).toEqual([])
  expect(contents()).toBe(1)
  const into = path.join(set.scratch, `out-link-${size}`)
  expect(await restored({ from: [destination], into })).toEqual(describeTree(source))
  expect(fs.statSync(path.join(into, 'c/link.bin')).nlink).toBe(2)
})
