/** A set in a store: every verb works on it. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { diff, discs, list, log, rebuild, verify } from '../../src/index.ts'
import { backUp, chunkBytes, chunkBytesIn, filesIn, placesInStores } from '../support/places-in-stores.ts'
import { noise } from '../support/sample-trees.ts'
import { describeTree, program } from '../support/tree.ts'

vi.mock('../../src/store/open-store.ts', async () => {
  const { openFaultyStore } = await import('../support/faulty-store.ts')
  return { openStore: openFaultyStore }
})

const { newFolder, newPlace, bringsBack } = placesInStores()

test('backups go to the store, and every verb reads them there', async () => {
  const at = newPlace()
  const { place, source, store, cache } = at
  const first = await backUp(at)
  expect(first.options).toMatchObject({ medium: 'unlimited', chunkSizeBytes: chunkBytes })
  expect(first.uploaded).toMatchObject({ provenByReadBack: 0, provenBySize: 0 })
  await bringsBack(place, source)
  fs.writeFileSync(path.join(source, 'f1'), noise(20_000, 99))
  fs.rmSync(path.join(source, 'f2'))
  const second = await backUp(at)
  expect(second).toMatchObject({ backup: 2, filesChanged: 1, filesDeleted: 1 })
  await bringsBack(place, source)
  // All that is here of the chunks are stubs.
  expect(chunkBytesIn(cache)).toBe(0)
  const from = [place]
  expect((await log({ from })).map(({ backup }) => backup)).toEqual([1, 2])
  expect((await list({ from, at: '1' })).entries).toBe(8)
  expect((await diff({ from })).changes).toBe(2)
  expect((await discs({ from })).discs[0]?.folder).toBe(`${place}/disc-0001`)
  const checked = await verify({ from })
  expect(checked).toMatchObject({ damaged: 0, missing: 0, surplus: 0, unchecked: 0, byCatalog: true })
  const rebuilt = await rebuild({ from, catalog: path.join(newFolder(), 'catalog.sqlite') })
  expect(rebuilt).toMatchObject({ complete: true, chunks: first.chunks + second.chunks })
  // In the store is a destination as any other: for butcher, and by hand.
  await bringsBack(store, source)
  const out = newFolder()
  program('bash', [path.join(store, 'disc-0001', 'restore.sh'), out])
  const contents = (tree: string[]) => tree.filter((line) => !line.startsWith('. '))
  expect(contents(describeTree(out))).toEqual(contents(describeTree(source)))
  expect(filesIn(store).filter((file) => file.startsWith('.butcher'))).toEqual(['.butcher/set.json'])
})

test('a place where nothing is, and verbs that cannot work there', async () => {
  const at = newPlace()
  await expect(log({ from: [at.place] })).rejects.toMatchObject({ code: 'no-set', message: expect.stringContaining(at.place) }) // prettier-ignore
  await expect(backUp(at, { redundancy: 10 })).rejects.toMatchObject({ code: 'usage' })
  // Nothing stays of a set that was not begun.
  expect(filesIn(at.store)).toEqual([])
  const dry = await backUp(at, { dryRun: true })
  expect(dry.filesNew).toBe(8)
  expect(filesIn(at.store)).toEqual([])
})
