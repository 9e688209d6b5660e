/**
 * docs/sample-disc/ shows a disc to somebody who has none: its README.txt, and the names and sizes of its
 * files. Ids, dates and sizes that differ from run to run are replaced. `vitest run
 * test/docs/sample-disc.test.ts -u` writes it anew.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backup } from '../../src/index.ts'
import { noise } from '../support/sample-trees.ts'
import { root } from './markdown.ts'

const sample = path.join(root, 'docs/sample-disc')
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'sample-'))
const disc = path.join(work, 'discs/disc-0001')
afterAll(() => fs.rmSync(work, { recursive: true, force: true }))

beforeAll(async () => {
  const photos = path.join(work, 'photos')
  fs.mkdirSync(path.join(photos, '2026'), { recursive: true })
  for (let i = 1; i <= 4; i++) fs.writeFileSync(path.join(photos, `2026/IMG_000${i}.jpg`), noise(400_000, i))
  fs.writeFileSync(path.join(photos, 'letter.txt'), 'Dear Anna,\n'.repeat(2000))
  await backup({
    source: photos,
    destination: path.join(work, 'discs'),
    medium: '3MB',
    chunkSizeBytes: 1_000_000,
    redundancy: 10,
    passphrase: 'five random words of yours',
  })
})

const setId = '4f2a9c1e7b3d5806a1c2e3f405162738'

/** The text with the same ids, dates, places and sizes each time. */
function steady(text: string): string {
  const id = /^Set id: +([0-9a-f]{32})$/m.exec(text)?.[1] as string
  return text
    .replaceAll(id, setId)
    .replaceAll(id.slice(0, 8).toUpperCase(), setId.slice(0, 8).toUpperCase())
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '2026-11-27 09:00')
    .replaceAll(/\d{4}-\d\d-\d\d(?! )/g, '2026-11-27')
    .replaceAll(/(Written: +)\S+/g, '$12026-11-27')
    .replaceAll(/of (\d+) bytes/g, (_, bytes: string) => `of ${Number(Number(bytes).toPrecision(2))} bytes`)
}

/** By powers of ten: a changed comment in restore.sh changes nothing here. */
function showRough(bytes: number): string {
  const bound = ([1, 10, 100, 1000] as const).find((kilobytes) => bytes < kilobytes * 1000)
  if (bound === undefined) return 'more than 1 MB'
  return bound === 1000 ? 'below 1 MB' : `below ${bound} kB`
}

test('README.txt', async () => {
  const text = fs.readFileSync(path.join(disc, 'README.txt'), 'utf8')
  await expect(steady(text)).toMatchFileSnapshot(path.join(sample, 'README.txt'))
})

test('the listing', async () => {
  const files = fs
    .readdirSync(disc, { recursive: true, encoding: 'utf8' })
    .filter((name) => fs.statSync(path.join(disc, name)).isFile())
    .toSorted()
  const lines = files.map((name) => `${name.padEnd(32)}${showRough(fs.statSync(path.join(disc, name)).size)}`)
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(path.join(sample, 'listing.txt'))
})
