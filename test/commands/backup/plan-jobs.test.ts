/** Jobs for other hosts, without a queue: planned into a folder, done in any order, taken by the next run. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { packChunk } from '../../../src/commands/worker/pack-chunk.ts'
import { discFolders, passphrase, restored, runBackup } from '../../support/backup-set.ts'
import { tellsInClear, troublesOf } from '../../support/check-set.ts'
import { gpgHome } from '../../support/gpg-home.ts'
import { plantTree } from '../../support/plant-tree.ts'
import { noise, sampleTree } from '../../support/sample-trees.ts'
import { testSet } from '../../support/test-set.ts'
import { describeTree } from '../../support/tree.ts'
import { longTest } from '../../support/rows.ts'

const set = testSet()
const jobs = (): string => path.join(set.folder, 'jobs')
const jobFiles = (): string[] =>
  fs
    .readdirSync(jobs())
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => path.join(jobs(), name))

function plant(): void {
  fs.rmdirSync(set.source)
  plantTree(set.source, sampleTree)
  for (let i = 0; i < 6; i++) set.write(`many/noise-${i}`, noise(300_000, i))
  set.write('large', noise(900_000, 9))
}

const options = (more: Partial<BackupOptions> = {}): BackupOptions => ({
  source: set.source,
  destination: set.destination,
  medium: 'unlimited',
  chunkSizeBytes: 700_000,
  ...more,
})

const key = (name = 'worker.key', text = 'k'.repeat(44)): string => {
  const file = path.join(set.folder, name)
  fs.writeFileSync(file, `${text}\n`)
  return file
}

test('others pack the chunks, and the same command takes them', async () => {
  plant()
  const { planned } = await runBackup(options({ planJobs: jobs() }))
  expect(planned?.jobs).toBe(jobFiles().length)
  expect(planned?.jobs).toBeGreaterThan(2)
  expect(discFolders(set.destination)).toEqual([])
  const [first = '', ...rest] = jobFiles()
  for (const job of rest.toReversed()) await packChunk({ job })
  await expect(runBackup(options())).rejects.toThrow(`1 of ${planned?.jobs} jobs in`)
  await packChunk({ job: first })
  await packChunk({ job: first, jobs: 1 })
  const made = await runBackup(options())
  // The large file has parts, which are packed here, and what refers to others comes last.
  expect(made.storedBefore.chunks).toBe(planned?.jobs)
  expect(made).toMatchObject({ backup: 1, complete: true, warnings: 0 })
  expect(fs.existsSync(jobs())).toBe(false)
  const into = path.join(set.folder, 'into')
  expect(await troublesOf({ destination: set.destination, source: set.source, into })).toEqual([])
  expect(await runBackup(options())).toMatchObject({ backup: 2, filesNew: 0, filesChanged: 0, chunks: 0 })
})

test('in an encrypted set, nothing of it is in clear', async () => {
  plant()
  const secret = { passphrase }
  await expect(runBackup(options({ ...secret, planJobs: jobs() }))).rejects.toMatchObject({ code: 'key' })
  const workerKey = key()
  await runBackup(options({ ...secret, planJobs: jobs(), workerKey }))
  const [first = ''] = jobFiles()
  await expect(packChunk({ job: first })).rejects.toThrow('is sealed by a worker key')
  const wrong = key('other.key', 'o'.repeat(44))
  await expect(packChunk({ job: first, workerKey: wrong })).rejects.toThrow('is sealed by another key')
  for (const job of jobFiles()) await packChunk({ job, workerKey })
  const secrets = ['noise-', 'large', passphrase, 'noise-4']
  for (const place of [jobs(), set.destination]) expect(tellsInClear(place, secrets)).toEqual([])
  const made = await runBackup(options(secret))
  expect(made.storedBefore.chunks).toBeGreaterThan(2)
  const into = path.join(set.folder, 'into')
  const { source, destination } = set
  expect(await troublesOf({ destination, source, into, ...secret, secrets })).toEqual([])
})

longTest('for recipients, only the run that takes the chunks needs a secret', async () => {
  plant()
  const home = gpgHome()
  try {
    home.make('a@example.org', [
      'Key-Type: EDDSA',
      'Key-Curve: ed25519',
      'Subkey-Type: ECDH',
      'Subkey-Curve: cv25519',
    ])
    const recipients = [home.save('a@example.org', '--export')]
    const privateKey = home.save('a@example.org', '--export-secret-keys')
    const workerKey = key()
    await runBackup(options({ recipients, planJobs: jobs(), workerKey }))
    for (const job of jobFiles()) await packChunk({ job, workerKey })
    const made = await runBackup(options({ recipients, privateKey }))
    expect(made.storedBefore.chunks).toBeGreaterThan(2)
    const into = path.join(set.folder, 'into')
    expect(await restored({ from: [set.destination], privateKey, into })).toEqual(describeTree(set.source))
  } finally {
    home.remove()
  }
})

test('a damaged answer does not count, a changed file is looked at again', async () => {
  plant()
  await runBackup(options({ planJobs: jobs() }))
  const done = []
  for (const job of jobFiles()) done.push(await packChunk({ job }))
  const bytes = fs.readFileSync(done[1]?.file as string)
  bytes[1000] = (bytes[1000] as number) ^ 1
  fs.writeFileSync(done[1]?.file as string, bytes)
  set.write('many/noise-4', 'another content')
  fs.rmSync(path.join(set.source, 'many/noise-5'))
  const made = await runBackup(options())
  expect(made.told.join()).toContain('the chunk was damaged on its way: its files are packed again')
  const into = path.join(set.folder, 'into')
  expect(await troublesOf({ destination: set.destination, source: set.source, into })).toEqual([])
})

test('a host that sees the source elsewhere, or not at all', async () => {
  set.write('a', noise(300_000, 1))
  await runBackup(options({ planJobs: jobs(), sourceMap: [`${set.source}=/not/here`] }))
  const [job = ''] = jobFiles()
  await expect(packChunk({ job })).rejects.toThrow(
    'this host does not see the source /not/here: no such file or directory',
  )
  fs.mkdirSync(path.join(set.folder, 'empty'))
  await expect(packChunk({ job, sourceMap: [`/not/here=${set.folder}/empty`] })).rejects.toThrow(
    'it is empty here',
  )
  await packChunk({ job, sourceMap: [`/not/here=${set.source}`] })
  await expect(packChunk({ job, sourceMap: ['x'] })).rejects.toThrow('is not a pair of absolute paths')
  const made = await runBackup(options())
  expect(made.storedBefore.chunks).toBe(1)
})

test('without the folder of jobs, everything is packed here', async () => {
  plant()
  await runBackup(options({ planJobs: jobs() }))
  fs.rmSync(jobs(), { recursive: true })
  expect(await runBackup(options())).toMatchObject({ complete: true, storedBefore: { chunks: 0 } })
})
