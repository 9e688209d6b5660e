/** A set on a real remote of rclone, here a folder: backup, list, restore. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { list } from '../../src/index.ts'
import { restored } from '../support/backup-set.ts'
import { backUp, placesInStores } from '../support/places-in-stores.ts'
import { describeTree, program } from '../support/tree.ts'

const { root, newFolder, newPlace } = placesInStores()

test('a set in a folder that rclone serves', async () => {
  const { source, store, cache } = newPlace()
  program('rclone', ['version'])
  const place = `rclone::local:${store}/a set`
  await expect(list({ from: [place] })).rejects.toMatchObject({ code: 'no-set' })
  const use = { bandwidth: '00:00,80M 12:00,off', proof: 'size' } as const
  const made = await backUp({ source, store, cache, place }, { chunkSizeBytes: 1e6, store: use })
  // A disk makes hashes, so sizes are not needed.
  expect(made.uploaded).toMatchObject({ provenByReadBack: 0, provenBySize: 0 })
  const wrong = backUp({ source, store, cache, place }, { store: { bandwidth: 'fast' } })
  await expect(wrong).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('store.bandwidth') as string,
  })
  expect((await list({ from: [place] })).entries).toBe(8)
  expect(await restored({ from: [place], into: path.join(root, 'out') })).toEqual(describeTree(source))
  const copy = newFolder()
  fs.cpSync(path.join(store, 'a set'), copy, { recursive: true })
  expect(await restored({ from: [copy], into: path.join(root, 'out') })).toEqual(describeTree(source))
})
