/**
 * A destination with too little room: chunks are made as small as the room is, and the same call resumes.
 * Needs root.
 */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { ButcherError } from '../../../src/errors.ts'
import { troublesOf } from '../../support/check-set.ts'
import { rows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { program } from '../../support/tree.ts'
import {
  chunkFiles,
  discFolders,
  passphrase,
  runBackup,
  scratchFolder,
  storedMembers,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
const source = path.join(scratch.folder, 'source')
const large = path.join(scratch.folder, 'large')
const small = path.join(scratch.folder, 'small')
const destination = path.join(small, 'dest')

beforeAll(() => {
  for (const folder of [source, large, small]) fs.mkdirSync(folder)
  for (let i = 0; i < 40; i++) fs.writeFileSync(path.join(source, String(i)), noise(250_000, i))
  fs.writeFileSync(path.join(large, 'large'), noise(10_000_000, 1000))
})
afterAll(scratch.remove)
beforeEach(() => void program('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', small]))
afterEach(() => void program('umount', [small]))

const stored = (): number =>
  chunkFiles(discFolders(destination)).reduce((sum, file) => sum + fs.statSync(file).size, 0)

/** Of the 10.0 MB that there are, how many MB a run says that it has stored. */
async function keptMB(options: BackupOptions): Promise<number> {
  const error = await runBackup(options).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (!(error instanceof ButcherError) || error.code !== 'no-space')
    throw new Error('it was not full', { cause: error })
  const match = /no space left on the device; ([\d.]+) MB of 10\.0 MB are stored$/.exec(error.message)
  if (!match) throw error
  return Number(match[1])
}

const cases = [
  { from: source, compress: 'bz2', jobs: 1 },
  { from: source, compress: 'none', jobs: 3, medium: '30MB' },
  { from: source, compress: 'zstd', jobs: 2, passphrase },
  { from: large, compress: 'gz', jobs: 1 },
] as const

test.each(rows(cases, [2, 3]))('%o', async ({ from, ...more }) => {
  const options = { source: from, destination, ...more }
  const kept = await keptMB(options)
  expect(kept).toBeGreaterThan(4.5)
  expect(stored()).toBeGreaterThan(4.5e6)
  expect(fs.readdirSync(path.join(destination, '.butcher/new'))).toEqual([])
  const before = chunkFiles(discFolders(destination))
  // Nothing has changed: not a chunk more, and none is lost.
  expect(await keptMB(options)).toBeGreaterThanOrEqual(kept)
  program('mount', ['-o', 'remount,size=40m', small])
  expect(await runBackup(options)).toMatchObject({ backup: 1, complete: true })
  expect(chunkFiles(discFolders(destination))).toEqual(expect.arrayContaining(before))
  const secret = 'passphrase' in more ? { passphrase } : {}
  const into = path.join(scratch.folder, 'out')
  expect(await troublesOf({ destination, source: from, into, ...secret })).toEqual([])
  const files = storedMembers(chunkFiles(discFolders(destination))).filter(({ type }) => type === 'file')
  expect(files.reduce((sum, { size }) => sum + size, 0)).toBe(10_000_000)
})
