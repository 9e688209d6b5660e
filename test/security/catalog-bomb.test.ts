/** A catalog of a few kilobytes that unpacks to terabytes. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { compress } from '../support/make-set.ts'
import { expectOneLine, hostileSet, restoreHostile, runHostile } from './hostile-set.ts'

const zeros = Buffer.alloc(40_000_000)

/** A database that says that it has `pages` pages of 64 KiB, and so many zeros behind its head. */
function bomb(pages: number, megabytes: number): Buffer {
  const head = Buffer.alloc(100)
  head.write('SQLite format 3\0', 'latin1')
  head.writeUInt16BE(1, 16)
  head[18] = head[19] = 1
  head.writeUInt32BE(pages, 28)
  const stream = compress(zeros, 'bz2', zeros.length)
  const count = Math.ceil((megabytes * 1e6) / zeros.length)
  return Buffer.concat([compress(head, 'bz2', 100), ...Array.from({ length: count }, () => stream)])
}

async function bombedSet(bytes: Buffer) {
  const made = await hostileSet({ good: 'good' })
  fs.rmSync(made.catalog, { force: true })
  fs.writeFileSync(path.join(made.discs[0] as string, 'catalog.sqlite.bz2'), bytes)
  return made
}

test('one that says so is not unpacked at all, and the way on is told', async () => {
  const set = await bombedSet(bomb(0xffff_ffff, 4000))
  const run = runHostile(['list', set.destination])
  expectOneLine(run, /would unpack to an implausible size: 281 TB out of .*--index/)
})

test('one that says less is unpacked no further', async () => {
  const set = await bombedSet(bomb(16, 100_000))
  const cpuSeconds = countCpuSeconds()
  await expect(restoreHostile(set)).rejects.toMatchObject({
    code: 'catalog',
    message: expect.stringMatching(/longer than it says/),
  })
  expect(cpuSeconds()).toBeLessThan(5)
})

test('one that ends early, and one that is no database', async () => {
  for (const bytes of [
    bomb(1_000_000, 0),
    compress(Buffer.from('nothing'), 'bz2', 100),
    compress(zeros, 'bz2', zeros.length),
  ]) {
    const set = await bombedSet(bytes)
    await expect(restoreHostile(set)).rejects.toMatchObject({ code: 'catalog' })
  }
})
