/** A backup that the user stops: what it has packed is stored, and the same call resumes there. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { backup } from '../../../src/commands/backup/backup.ts'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { ButcherError } from '../../../src/errors.ts'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import { cli } from '../../cli/cli.ts'
import { troublesOf } from '../../support/check-set.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'
import {
  chunkFiles,
  discFolders,
  passphrase,
  runBackup,
  scratchFolder,
  storedMembers,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const source = path.join(scratch.folder, 'source')
const large = path.join(scratch.folder, 'large')
let folder: string
let destination: string

const files = 80
const fileBytes = 250_000
/** A fifth of the source, of which an eighth is worth keeping. */
const stopAtBytes = 3e6

beforeAll(() => {
  fs.mkdirSync(path.join(source, 'sub'), { recursive: true })
  for (let i = 0; i < files; i++) fs.writeFileSync(path.join(source, `sub/${i}`), noise(fileBytes, i))
  fs.symlinkSync('sub/1', path.join(source, 'link'))
  fs.linkSync(path.join(source, 'sub/2'), path.join(source, 'two'))
  fs.mkdirSync(large)
  fs.writeFileSync(path.join(large, 'large'), noise(20_000_000, 1000))
})

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'stop-'))
  destination = path.join(folder, 'dest')
})

const options = (more: Partial<BackupOptions> = {}): BackupOptions => ({
  source,
  destination,
  compress: 'bz2',
  chunkSizeBytes: 16e6,
  jobs: 1,
  ...more,
})

/** Bytes of the files that are being written. */
const inWork = (): number => {
  try {
    const fresh = path.join(destination, '.butcher/new')
    return fs.readdirSync(fresh).reduce((sum, name) => sum + fs.statSync(path.join(fresh, name)).size, 0)
  } catch {
    return 0
  }
}

const namesIn = (...place: string[]): string[] => fs.readdirSync(path.join(destination, ...place))
const chunksInWork = (): string[] =>
  fs.existsSync(path.join(destination, '.butcher/new')) ? namesIn('.butcher/new') : []

/** Runs it until `isTime`, and answers what it says then. */
async function stopped(
  given: BackupOptions,
  isTime: () => boolean,
  which: 'signal' | 'signalNow' = 'signal',
): Promise<string> {
  const controller = new AbortController()
  const timer = setInterval(() => isTime() && controller.abort(), 1)
  try {
    await backup({ ...given, [which]: controller.signal })
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code !== 'aborted') throw error
    return error.message
  } finally {
    clearInterval(timer)
  }
  throw new Error('it was not stopped')
}

/** The MB of 20.0 that a run says it has stored. */
function keptMB(told: string): number {
  const match = /^stopped: ([\d.]+) MB of 20\.\d MB are stored; run the same command to resume$/.exec(told)
  if (!match) throw new Error(told)
  return Number(match[1])
}

const restoredByReader = (set: string, ...more: string[]): string[] => {
  const out = path.join(folder, 'by-reader')
  const reader = path.join(import.meta.dirname, '../../independent-reader/read.py')
  program('python3', [reader, ...more, '--at', '1', set, out])
  const tree = describeTree(out)
  fs.rmSync(out, { recursive: true })
  return tree
}

test.each([{}, { passphrase }])('in its first chunk: %j', async (secret) => {
  const first = options(secret)
  const kept = keptMB(await stopped(first, () => inWork() >= stopAtBytes))
  expect(kept).toBeGreaterThanOrEqual(3)
  expect(kept).toBeLessThan(20)
  const optionsFile = secret.passphrase === undefined ? 'options.json' : 'options.json.gpg'
  expect(namesIn('.butcher')).toEqual(['journal', 'new', optionsFile])
  expect([namesIn('.butcher/journal').length, namesIn('.butcher/new')]).toEqual([1, []])
  const [chunk] = chunkFiles(discFolders(destination)) as [string]
  const before = fs.readFileSync(chunk)

  const run = await runBackup(options(secret))
  expect(run).toMatchObject({ backup: 1, complete: true })
  expect(Math.round(run.storedBefore.bytesSource / 1e5) / 10).toBeCloseTo(kept, 0)
  expect(fs.readFileSync(chunk).equals(before)).toBe(true)
  const into = path.join(folder, 'out')
  expect(await troublesOf({ destination, source, into, ...secret })).toEqual([])
  const stored = storedMembers(chunkFiles(discFolders(destination))).filter(({ type }) => type === 'file')
  expect(stored.map(({ size }) => size)).toEqual(Array.from({ length: files }, () => fileBytes))
  expect(new Set(stored.map(({ name }) => name)).size).toBe(files)
  if (secret.passphrase !== undefined) return
  expect(restoredByReader(destination)).toEqual(describeTree(source))
  expect(restoredByReader(destination, '--chunks-only')).toEqual(describeTree(source))
  const made = await rebuild({ from: [destination], catalog: path.join(folder, 'catalog.sqlite') })
  expect(made).toMatchObject({ backups: [{ backup: 1, finished: expect.any(Number) as number }] })
})

test('while no backup is finished, commands that read the set say so, with the status of no set', async () => {
  keptMB(await stopped(options(), () => inWork() >= stopAtBytes))
  const out = path.join(folder, 'out')
  const disc = path.join(destination, 'disc-0001')
  const calls = [
    ['log', destination], ['list', destination], ['find', destination, '1'], ['discs', destination],
    ['diff', destination, '1', '2'], ['restore', destination, out], ['verify', destination], ['verify', disc],
    ['iso', destination], ['index', destination, out], ['label', destination, '--out', `${out}.pdf`],
  ] // prettier-ignore
  const hint = `${destination} has an unfinished backup and no finished one (run butcher backup again)`
  for (const call of calls)
    expect([call[0], cli(call)]).toEqual([call[0], { status: 10, stdout: '', stderr: `error: ${hint}\n` }])
  expect(fs.existsSync(out)).toBe(false)
})

test('a disc that an unfinished backup began lacks nothing', async () => {
  const small = path.join(folder, 'small')
  fs.mkdirSync(small)
  fs.writeFileSync(path.join(small, 'first'), 'first\n')
  await runBackup(options({ source: small, medium: '1MB' }))
  fs.cpSync(path.join(source, 'sub'), path.join(small, 'sub'), { recursive: true })
  const next = options({ source: small, medium: '8MB', newDisc: true })
  const isBegun = (): boolean =>
    fs.existsSync(path.join(destination, 'disc-0002/chunks')) && namesIn('disc-0002/chunks').length > 0
  await stopped({ ...next, chunkSizeBytes: 3e6 }, isBegun)
  const run = cli(['verify', destination])
  expect([run.status, run.stdout]).toEqual([0, expect.not.stringContaining('missing')])
  expect(run.stderr).toContain('has an unfinished backup: run butcher backup again')
})

test('between two parts of a file, which goes on with the next', async () => {
  const given = options({ source: large, chunkSizeBytes: 3e6, medium: '30MB' })
  const isTime = (): boolean =>
    chunkFiles(fs.existsSync(destination) ? discFolders(destination) : []).length > 1
  const kept = keptMB(await stopped(given, isTime))
  expect(kept).toBeGreaterThanOrEqual(5)
  expect(await runBackup(given)).toMatchObject({ complete: true })
  const into = path.join(folder, 'out')
  expect(await troublesOf({ destination, source: large, into })).toEqual([])
  const parts = storedMembers(chunkFiles(discFolders(destination))).filter(({ type }) => type === 'file')
  expect(parts.reduce((sum, { size }) => sum + size, 0)).toBe(20_000_000)
})

test('again and again, before anything is worth keeping: no chunk comes of it', async () => {
  for (let run = 0; run < 4; run++) {
    expect(await stopped(options(), () => chunksInWork().length > 0)).toMatch(
      /^stopped: (nothing is stored yet; run the same command to begin again|[\d.]+ MB of 20\.\d MB are stored)/,
    )
    for (const chunk of chunkFiles(fs.existsSync(destination) ? discFolders(destination) : []))
      expect(fs.statSync(chunk).size).toBeGreaterThan(1_900_000)
  }
  expect((await runBackup(options())).complete).toBe(true)
  expect(await troublesOf({ destination, source, into: path.join(folder, 'out') })).toEqual([])
})

test('while the source is looked through: nothing is stored, and that is said', async () => {
  expect(await stopped(options(), () => fs.existsSync(path.join(destination, '.butcher/lock')))).toBe(
    'stopped: nothing is stored yet; run the same command to begin again',
  )
})

test('at once: the chunk in work is dropped', async () => {
  const told = await stopped(options(), () => inWork() >= stopAtBytes, 'signalNow')
  expect(told).toBe('stopped: nothing is stored yet; run the same command to begin again')
  expect(fs.existsSync(destination)).toBe(false)
})

test('a second backup: what it had stored is resumed, and the first stays readable', async () => {
  const small = path.join(folder, 'small')
  fs.mkdirSync(small)
  fs.writeFileSync(path.join(small, 'first'), 'first\n')
  await runBackup(options({ source: small }))
  fs.cpSync(path.join(source, 'sub'), path.join(small, 'sub'), { recursive: true })
  keptMB(await stopped(options({ source: small }), () => inWork() >= stopAtBytes))
  const run = await runBackup(options({ source: small }))
  expect(run).toMatchObject({ backup: 2, complete: true })
  expect(await troublesOf({ destination, source: small, into: path.join(folder, 'out') })).toEqual([])
})

test('a signal that is aborted already stops it before anything is written', async () => {
  await expect(backup(options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'aborted' })
})
