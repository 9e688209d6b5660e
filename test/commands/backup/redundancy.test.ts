import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'
import { discFolders, fingerprint, imageSectors, restored, runBackup } from '../../support/backup-set.ts'
import { testSet } from '../../support/test-set.ts'

const set = testSet()

const capacity = 4_000_000
let folder: string
let source: string
let destination: string

beforeEach(() => {
  ;({ folder, source, destination } = set)
  for (let i = 0; i < 10; i++) write(`photo-${i}.jpg`, 450_000 + i)
})

const systemPath = process.env['PATH']
afterEach(() => {
  process.env['PATH'] = systemPath
})

let seed = 0
const write = (name: string, sizeBytes: number): void =>
  fs.writeFileSync(path.join(source, name), noise(sizeBytes, ++seed))

const run = (options: Partial<BackupOptions> = {}): ReturnType<typeof runBackup> =>
  runBackup({ source, destination, medium: String(capacity), chunkSizeBytes: 800_000, ...options })

const filesOf = (disc: string): string[] =>
  (fs.readdirSync(disc, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => fs.statSync(path.join(disc, name)).isFile())
    .sort()

/** Whether everything is on the disc that belongs there, right and no larger than its medium. */
function checkDisc(disc: string): void {
  program('sha256sum', ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: disc })
  const sums = fs.readFileSync(path.join(disc, 'SHA256SUMS'), 'utf8')
  const listed = sums.match(/(?<= {2}).+$/gm) ?? []
  const ofChecksums = filesOf(disc).filter((name) => name.startsWith('parity/checksums.'))
  expect(filesOf(disc)).toEqual([...listed, ...ofChecksums, 'SHA256SUMS'].sort())
  expect(ofChecksums).toHaveLength(2)
  for (const covered of ['disc', 'checksums']) {
    program('par2', ['verify', '-q', '-q', '-B', '.', `parity/${covered}.par2`], { cwd: disc })
  }
  expect(imageSectors(disc) * 2048).toBeLessThanOrEqual(capacity)
}

function rows(file = path.join(destination, 'catalog.sqlite')): unknown[] {
  const db = new Database(file, { readonly: true })
  const found = db.prepare('SELECT number, bytes, state, redundancy FROM disc ORDER BY number').all()
  db.close()
  return found
}

test('each disc gets parity over everything on it, and is as full as without, and not fuller', async () => {
  const { fill } = await run({ redundancy: 10 })
  const discs = discFolders(destination)
  expect(discs).toHaveLength(2)
  for (const disc of discs) checkDisc(disc)
  // Of so small a disc the bound is 3 % of it above what is needed.
  expect(imageSectors(discs[0] as string) * 2048).toBeGreaterThan(capacity * 0.9)
  expect(fill.map(({ usedBytes }) => usedBytes <= capacity)).toEqual([true, true])
  const volume = filesOf(discs[0] as string).find((name) => name.includes('disc.vol')) as string
  const share =
    fs.statSync(path.join(discs[0] as string, volume)).size / (imageSectors(discs[0] as string) * 2048)
  expect(share).toBeGreaterThan(0.1)
  expect(share).toBeLessThan(0.13)
  expect(await restored({ from: [destination], into: path.join(folder, 'out') })).toEqual(
    describeTree(source),
  )

  const catalog = path.join(folder, 'rebuilt.sqlite')
  await rebuild({ from: [destination], catalog, jobs: 1 })
  expect(rows(catalog)).toEqual(rows())
  expect(rows()).toMatchObject([
    { redundancy: 10, state: 'sealed' },
    { redundancy: 10, state: 'open' },
  ])
})

test('an open disc keeps its redundancy, a full one is left alone, and another redundancy begins a disc', async () => {
  await run({ redundancy: 10 })
  const [first, second] = discFolders(destination) as [string, string]
  const before = fingerprint(first)
  write('new.jpg', 300_000)
  expect((await run()).discs).toEqual([2])
  expect(fingerprint(first)).toEqual(before)
  checkDisc(second)

  write('newer.jpg', 300_000)
  expect((await run({ redundancy: 0 })).discs).toEqual([3])
  expect(rows()).toMatchObject([
    { redundancy: 10 },
    { redundancy: 10, state: 'sealed' },
    { redundancy: null },
  ])
  checkDisc(second)
  expect(fs.existsSync(path.join(destination, 'disc-0003/parity'))).toBe(false)
  const catalog = path.join(folder, 'rebuilt.sqlite')
  await rebuild({ from: [destination], catalog, jobs: 1 })
  expect(rows(catalog)).toEqual(rows())
})

/** A program `par2` that runs the lines `script`, in front of all others. */
function replacePar2(script: string): void {
  const bin = fs.mkdtempSync(path.join(folder, 'bin-'))
  fs.writeFileSync(path.join(bin, 'par2'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  process.env['PATH'] = `${bin}:${systemPath}`
}

test('where par2 fails the disc has no parity rather than a wrong one, and the next run makes it', async () => {
  await run({ redundancy: 10 })
  const [, second] = discFolders(destination) as [string, string]
  write('new.jpg', 300_000)
  replacePar2('echo "the disk is on fire"; exit 5')
  await expect(run()).rejects.toThrow('par2 cannot make parity: the disk is on fire')
  expect(fs.readdirSync(path.join(second, 'parity'))).toEqual([])
  expect(() => program('sha256sum', ['-c', '--status', 'SHA256SUMS'], { cwd: second })).toThrow('sha256sum')
  process.env['PATH'] = systemPath
  await run()
  for (const disc of discFolders(destination)) checkDisc(disc)
})

test('killed between the parity of a disc and its SHA256SUMS, the next run puts the disc right', async () => {
  await run({ redundancy: 10 })
  const [first] = discFolders(destination) as [string]
  // Full, with nothing new to come on it, and all its files there; but SHA256SUMS is one of before.
  const list = path.join(first, 'SHA256SUMS')
  fs.writeFileSync(list, fs.readFileSync(list, 'utf8').replace(/^.{8}(.*README.txt)$/m, '01234567$1'))
  expect(() => program('sha256sum', ['-c', '--status', 'SHA256SUMS'], { cwd: first })).toThrow('sha256sum')
  write('another.jpg', 10_000)
  await run()
  for (const disc of discFolders(destination)) checkDisc(disc)
})

test('stopped while par2 works, the run ends, and par2 with it', async () => {
  const pid = path.join(folder, 'pid')
  replacePar2(`echo $$ > ${pid}; exec sleep 100000`)
  const controller = new AbortController()
  const stopped = runBackup(
    { source, destination, medium: String(capacity), redundancy: 10, signal: controller.signal },
    (event) => {
      if (event.type !== 'stage' || event.stage !== 'parity') return
      const wait = setInterval(() => {
        if (!fs.existsSync(pid) || fs.statSync(pid).size === 0) return
        clearInterval(wait)
        controller.abort()
      }, 20)
    },
  )
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
  expect(() => process.kill(Number(fs.readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH')
})

test('without par2 nothing is packed', async () => {
  process.env['PATH'] = fs.mkdtempSync(path.join(folder, 'empty-'))
  await expect(run({ redundancy: 10 })).rejects.toMatchObject({
    code: 'program',
    message: 'parity needs the program par2, which is not installed',
    hint: expect.stringContaining('Debian') as string,
  })
  expect(fs.existsSync(destination)).toBe(false)
})

test('a disc without limit, and shares that are none', async () => {
  await run({ redundancy: 10, medium: 'unlimited' })
  const [disc] = discFolders(destination) as [string]
  // index.html, which the small discs have no room for, is covered, too.
  expect(fs.existsSync(path.join(disc, 'index.html'))).toBe(true)
  expect(fs.readFileSync(path.join(disc, 'parity/disc.par2')).includes('index.html')).toBe(true)
  program('par2', ['verify', '-q', '-q', '-B', '.', 'parity/disc.par2'], { cwd: disc })
  for (const redundancy of [-1, 0.5, 51, Number.NaN]) {
    await expect(run({ redundancy })).rejects.toMatchObject({ code: 'usage' })
  }
})
