/** The end of a run on discs whose catalog turns out larger than the room that was kept for it. */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { noise } from '../support/sample-trees.ts'
import { describeTree } from '../support/tree.ts'
import { checkDiscs, discFolders, restored, runBackup, scratchFolder } from '../support/backup-set.ts'
import { longTest } from '../support/rows.ts'

let reserveBytes = 0
vi.mock('../../src/commands/backup/catalog-bound.ts', () => ({
  catalogBound: async (): Promise<object> => ({ catalogBytes: reserveBytes, pageBytes: 0 }),
}))

const scratch = scratchFolder()
afterAll(scratch.remove)
let destination: string
let made = 0
beforeEach(() => {
  destination = path.join(scratch.folder, `dest-${made++}`)
})

// Many files: their ctimes and inodes are some sectors of the catalog.
const source = path.join(scratch.folder, 'source')
fs.mkdirSync(source)
for (let i = 0; i < 2500; i++) fs.writeFileSync(path.join(source, `file-${i}`), noise(500, i + 1))
const run = (): ReturnType<typeof runBackup> =>
  runBackup({ source, destination, medium: '1300kB', chunkSizeBytes: 500_000, compress: 'none' })

const bytesOfCatalog = (disc: string): number => fs.statSync(path.join(disc, 'catalog.sqlite.bz2')).size

longTest('one that is somewhat larger is made slimmer for the disc, which restores everything', async () => {
  // What is short by a sector or two depends on how the numbers of the inodes compress.
  const isSlim = (): boolean => new Set(discFolders(destination).map(bytesOfCatalog)).size > 1
  reserveBytes = 250_000
  await run()
  reserveBytes = Math.max(...discFolders(destination).map(bytesOfCatalog)) - 7500
  for (; ; reserveBytes -= 2500) {
    destination = path.join(scratch.folder, `reserve-${reserveBytes}`)
    await run()
    checkDiscs(discFolders(destination), '1300kB')
    if (isSlim()) break
  }
  const discs = discFolders(destination)
  const sizes = discs.map(bytesOfCatalog)
  const slim = Math.min(...sizes)
  expect(slim).toBeLessThan(Math.max(...sizes) - 1000)
  const index = path.join(discs[sizes.indexOf(slim)] as string, 'catalog.sqlite.bz2')
  const found = await restored({ from: discs, index, into: path.join(scratch.folder, 'out') })
  expect(found).toEqual(describeTree(source))
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  expect(db.prepare('SELECT count(*) FROM entry WHERE ctime IS NULL').pluck().get()).toBe(0)
  db.close()
})

test('one that is far larger is refused, and the way out that is told is one', async () => {
  reserveBytes = 20_000
  await expect(run()).rejects.toMatchObject({
    code: 'medium',
    message: expect.stringMatching(/^disc 1 with its catalog is [\d.]+ kB larger than its medium$/),
    hint: expect.stringContaining(`remove ${destination}/.butcher/journal`),
  })
  expect(fs.existsSync(path.join(destination, 'catalog.sqlite'))).toBe(false)
  fs.rmSync(path.join(destination, '.butcher', 'journal'), { recursive: true })
  reserveBytes = 250_000
  expect(await run()).toMatchObject({ backup: 1, complete: true, filesNew: 2500 })
  checkDiscs(discFolders(destination), '1300kB')
})
