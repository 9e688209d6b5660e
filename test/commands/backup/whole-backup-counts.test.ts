import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { beforeEach, expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { follow } from '../../../src/commands/burn/follow.ts'
import { noise } from '../../support/sample-trees.ts'
import { type BackupRun, burn, runBackup } from '../../support/backup-set.ts'
import { testSet } from '../../support/test-set.ts'

const set = testSet()
const { write } = set

let folder: string
let source: string
let stopped: string
let whole: string

beforeEach(() => {
  ;({ folder, source } = set)
  stopped = path.join(folder, 'stopped')
  whole = path.join(folder, 'whole')
  for (let i = 0; i < 12; i++) write(`f${i}`, noise(200_000, i))
  write('.twin', noise(200_000, 3))
  fs.linkSync(path.join(source, 'f1'), path.join(source, 'g1'))
})

const options = { medium: '1500kB', chunkSizeBytes: 400_000, compress: 'none' } as const
const backUp = (destination: string, more: Partial<BackupOptions> = {}): Promise<BackupRun> =>
  runBackup({ source, destination, ...options, ...more })

/** Stops once so many chunks are complete. */
async function stop(destination: string, chunks: number, more: Partial<BackupOptions> = {}): Promise<void> {
  const stopping = new AbortController()
  let complete = 0
  const run = runBackup({ source, destination, ...options, ...more, signal: stopping.signal }, (event) => {
    if (event.type === 'chunk' && ++complete === chunks) stopping.abort()
  })
  await expect(run).rejects.toMatchObject({ code: 'aborted' })
}

const counts = (run: BackupRun): object => {
  const { filesNew, filesChanged, filesUnchanged, filesDeleted, filesDeduplicated, bytesSource } = run
  return { filesNew, filesChanged, filesUnchanged, filesDeleted, filesDeduplicated, bytesSource }
}

/** What the catalog says of a backup's chunks. */
function stored(destination: string, backup: number): object {
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  const { chunks, bytesStored } = db
    .prepare('SELECT count(*) AS chunks, sum(bytes) AS bytesStored FROM chunk WHERE backup = ?')
    .get(backup) as { chunks: number; bytesStored: number }
  const discs = db
    .prepare('SELECT DISTINCT disc FROM chunk WHERE backup = ? ORDER BY disc')
    .pluck()
    .all(backup)
  db.close()
  return { chunks, bytesStored, discs }
}

test('a first backup that was stopped counts everything as new in the end', async () => {
  const straight = await backUp(whole)
  expect(straight.storedBefore).toEqual({ files: 0, bytesSource: 0, bytesStored: 0, chunks: 0 })
  await stop(stopped, 3)
  await stop(stopped, 2)
  const run = await backUp(stopped)
  expect(run).toMatchObject({ filesNew: 14, filesChanged: 0, filesUnchanged: 0, filesDeleted: 0 })
  expect(counts(run)).toEqual(counts(straight))
  expect(run).toMatchObject(stored(stopped, 1))
  const { files, bytesSource, bytesStored, chunks } = run.storedBefore
  expect(files).toBeGreaterThanOrEqual(5)
  expect(files).toBeLessThan(14)
  expect(bytesSource).toBe(files * 200_000)
  expect({ chunks, isLess: bytesStored < run.bytesStored }).toEqual({ chunks: 5, isLess: true })
})

test('a later one is compared with the backup before, whatever changed between its runs', async () => {
  await backUp(whole)
  await backUp(stopped)
  for (let i = 0; i < 6; i++) write(`f${i}`, noise(200_000, 100 + i))
  for (let i = 0; i < 6; i++) write(`new${i}`, noise(200_000, 200 + i))
  for (const name of ['f6', 'f7', 'f8']) fs.rmSync(path.join(source, name))
  fs.renameSync(path.join(source, 'f9'), path.join(source, 'moved'))
  await stop(stopped, 3)
  // Of those stored, gone, or still to come: each is another file now, or no file, or is there again.
  write('f0', noise(200_000, 300))
  write('new0', noise(200_000, 301))
  write('f6', noise(200_000, 302))
  fs.rmSync(path.join(source, 'f2'))
  fs.rmSync(path.join(source, 'new1'))
  fs.rmSync(path.join(source, 'f3'))
  fs.mkdirSync(path.join(source, 'f3'))
  fs.chmodSync(path.join(source, 'f10'), 0o600)
  fs.linkSync(path.join(source, 'new2'), path.join(source, 'new2-too'))
  await stop(stopped, 1)
  const run = await backUp(stopped)
  expect(run.backup).toBe(2)
  expect(counts(run)).toEqual(counts(await backUp(whole)))
  expect(run).toMatchObject(stored(stopped, 2))
})

test('disc by disc, with --full: the last run tells of the whole backup', async () => {
  await backUp(whole)
  await backUp(stopped)
  const straight = await backUp(whole, { full: true })
  let run: BackupRun
  do run = await backUp(stopped, { full: true, maxDiscs: 1 })
  while (!run.complete)
  expect(run.storedBefore.chunks).toBeGreaterThan(0)
  expect(counts(run)).toEqual(counts(straight))
  expect(run).toMatchObject({ filesUnchanged: 14, ...stored(stopped, 2) })
})

test('which discs are to be burned, and which is open, the catalog says after every run', async () => {
  const first = await backUp(whole)
  expect(first).toMatchObject({ discs: [1, 2], discsToBurn: [1], discOpen: 2 })
  expect(await backUp(whole)).toMatchObject({ chunks: 0, discs: [], discsToBurn: [1], discOpen: 2 })
  for (let i = 0; i < 4; i++) write(`more${i}`, noise(200_000, 50 + i))
  const third = await backUp(whole)
  expect(third).toMatchObject({ discsToBurn: [1, 2], discOpen: 3, discs: [2, 3] })
  fs.rmSync(path.join(whole, 'disc-0001'), { recursive: true })
  expect(await backUp(whole)).toMatchObject({ discsToBurn: [2], discOpen: 3 })
  burn(whole, path.join(folder, 'shelf'))
  expect(await backUp(whole)).toMatchObject({ discsToBurn: [], discOpen: null })
})

test('progress tells about how many discs it takes, and counts files as the summary does', async () => {
  fs.mkdirSync(path.join(source, 'folder'))
  const { events } = await backUp(whole)
  const last = (stage: string): object | undefined =>
    events.findLast((event) => event.type === 'progress' && event.stage === stage)
  expect(last('scan')).toMatchObject({ files: 14 })
  expect(last('pack')).toMatchObject({ disc: 2, lastDisc: 2 })
  const unlimited = await backUp(stopped, { medium: 'unlimited' })
  const told = unlimited.events.find((event) => event.type === 'progress' && event.stage === 'pack')
  expect(told).not.toHaveProperty('lastDisc')
})

test('a backup that is followed goes on until all is stored', async () => {
  const rounds: BackupRun[] = []
  await follow({
    backup: { source, destination: stopped, ...options },
    burn: { destination: stopped, device: `stdio:${folder}/%d.iso` },
    onBackup: (summary) => void rounds.push(summary as BackupRun),
  })
  expect(rounds.length).toBeGreaterThan(1)
  expect(rounds.at(-1)).toMatchObject({ complete: true, filesNew: 14, filesUnchanged: 0 })
})
