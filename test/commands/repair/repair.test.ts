import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { longTest, rows } from '../../support/rows.ts'
import { repair } from '../../../src/commands/repair/repair.ts'
import type { RepairSummary } from '../../../src/commands/repair/repair-options.ts'
import { imageAt } from '../../../src/media/disc-files.ts'
import { cli, lastLine } from '../../cli/cli.ts'
import { damageImage } from '../../support/damage-image.ts'
import { noise } from '../../support/sample-trees.ts'
import { program, tryProgram } from '../../support/tree.ts'
import { fingerprint, runBackup, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const destination = path.join(scratch.folder, 'dest')
/** As it was made; and its image. */
const disc = path.join(destination, 'disc-0001')
const image = path.join(scratch.folder, 'whole.iso')
let folder: string
let out: string

beforeAll(async () => {
  const source = path.join(scratch.folder, 'source')
  fs.mkdirSync(source)
  for (const [i, size] of [60_000, 700_000, 800_000, 900_000].entries())
    fs.writeFileSync(path.join(source, `photo-${i}`), noise(size, i + 1))
  await runBackup({ source, destination, medium: '4MB', chunkSizeBytes: 900_000, redundancy: 10 })
  program('xorriso', [...'-as mkisofs -quiet -iso-level 3 -r -J -no-pad -o'.split(' '), image, disc])
})

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'repair-'))
  out = path.join(folder, 'out')
})

const copyOfDisc = (): string => {
  const copy = path.join(folder, 'copy')
  fs.cpSync(disc, copy, { recursive: true })
  return copy
}
const copyOfImage = (): string => {
  const copy = path.join(folder, 'copy.iso')
  fs.copyFileSync(image, copy)
  return copy
}
const run = (from: string): Promise<RepairSummary> => repair({ disc: from, out, jobs: 1 })

/** Whether `out` is the disc to the last byte, parity and all, and nothing else. */
function expectWhole(summary: RepairSummary): void {
  expect(summary).toMatchObject({ wrong: [], blocksMissing: 0, hasParity: true, identical: true })
  expect(program('diff', ['-r', disc, out]).toString()).toBe('')
}

const volumeOf = (place: string, set = 'disc'): string =>
  path.join(
    place,
    'parity',
    fs.readdirSync(path.join(place, 'parity')).find((name) => name.startsWith(`${set}.vol`)) as string,
  )

function zero(file: string, offset: number, sizeBytes: number): void {
  const fd = fs.openSync(file, 'r+')
  fs.writeSync(fd, Buffer.alloc(sizeBytes), 0, sizeBytes, offset)
  fs.closeSync(fd)
}

describe('an image', () => {
  const blockBytes = 16_384
  const deadSectors = (): number => Math.floor((fs.statSync(image).size / blockBytes) * 0.04)

  // At its beginning the image has its directory, at the end README.txt and restore.sh.
  test.each(rows([0, 0.5, 0.95], [1]))(
    'with a scratch over 5 %% of its sectors from %d on, and dead sectors in as many blocks as 4 %% of it has',
    async (scratchAt) => {
      const damaged = copyOfImage()
      damageImage(damaged, { scratch: 0.05, scratchAt, deadSectors: deadSectors() })
      const before = fs.readFileSync(damaged)
      const summary = await run(damaged)
      expectWhole(summary)
      expect(summary.repaired.filter((name) => name.startsWith('chunks/')).length).toBeGreaterThanOrEqual(2)
      expect(fs.readFileSync(damaged).equals(before)).toBe(true)
    },
  )

  longTest('with catalog, checksums and some of each parity file damaged', async () => {
    const damaged = copyOfImage()
    const names = [
      'SHA256SUMS',
      'catalog.sqlite.bz2',
      'README.txt',
      'parity/disc.par2',
      'parity/checksums.par2',
    ]
    for (const name of [...names, path.relative(disc, volumeOf(disc))]) {
      const entry = imageAt(image)?.entries.get(name)
      if (entry?.kind !== 'file') throw new Error(`${name} is not in the image`)
      zero(damaged, entry.extents[0]?.offset as number, 2048)
    }
    const summary = await run(damaged)
    expectWhole(summary)
    expect(summary.repaired).toEqual(expect.arrayContaining(names))
  })

  test('that was cut off, in which no directory is left at all', async () => {
    const damaged = copyOfImage()
    const size = fs.statSync(damaged).size
    fs.truncateSync(damaged, Math.floor(size * 0.97))
    zero(damaged, 0, Math.floor(size * 0.02))
    expectWhole(await run(damaged))
  })
})

describe('a folder', () => {
  longTest('with files renamed, swapped and missing, and one that belongs elsewhere', async () => {
    const damaged = copyOfDisc()
    const chunks = fs
      .readdirSync(path.join(damaged, 'chunks'))
      .map((name) => path.join(damaged, 'chunks', name))
    const [a, b, c] = chunks as [string, string, string]
    fs.renameSync(a, path.join(damaged, 'FILE0001.CHK'))
    fs.renameSync(b, `${b}.x`)
    fs.renameSync(c, b)
    fs.renameSync(`${b}.x`, c)
    fs.rmSync(path.join(damaged, 'restore.sh'))
    fs.writeFileSync(path.join(damaged, 'holiday.txt'), 'not of this disc\n')
    expectWhole(await run(damaged))
  })

  longTest('with a chunk gone altogether that is smaller than the parity', async () => {
    const damaged = copyOfDisc()
    const smallest = fs
      .readdirSync(path.join(damaged, 'chunks'))
      .map((name) => ({ name, size: fs.statSync(path.join(damaged, 'chunks', name)).size }))
      .sort((x, y) => x.size - y.size)[0]?.name as string
    fs.rmSync(path.join(damaged, 'chunks', smallest))
    const summary = await run(damaged)
    expectWhole(summary)
    expect(summary.repaired).toEqual([`chunks/${smallest}`])
  })

  longTest('whose checksums and all parity of theirs are gone: they follow from what is there', async () => {
    const damaged = copyOfDisc()
    fs.writeFileSync(path.join(damaged, 'SHA256SUMS'), `${'0'.repeat(64)}  README.txt\n`)
    fs.rmSync(path.join(damaged, 'parity/checksums.par2'))
    fs.rmSync(volumeOf(damaged, 'checksums'))
    zero(volumeOf(damaged), 100_000, 5000)
    expectWhole(await run(damaged))
  })

  test('that is sound is copied', async () => {
    const summary = await run(disc)
    expectWhole(summary)
    expect(summary.repaired).toEqual([])
  })
})

test('what cannot be repaired is named and left out, what is sound is written, and the status is 1', () => {
  const damaged = copyOfDisc()
  const [first, second] = fs.readdirSync(path.join(damaged, 'chunks')) as [string, string]
  for (const name of [first, second]) zero(path.join(damaged, 'chunks', name), 0, 600_000)
  const before = fingerprint(damaged)
  const { status, stdout, stderr } = cli(['repair', damaged, out])
  expect(status).toBe(1)
  expect(lastLine(stderr)).toMatch(/^error: 2 files cannot be repaired: \d+ blocks too few are left/)
  expect(stdout).toContain(`still wrong, and left out: chunks/${first}\n`)
  expect(fingerprint(damaged)).toEqual(before)
  expect(fs.readdirSync(path.join(out, 'chunks'))).not.toContain(first)
  const told = tryProgram('diff', ['-r', disc, out]).stdout.toString().trimEnd().split('\n')
  expect(told.sort()).toEqual([first, second].map((name) => `Only in ${disc}/chunks: ${name}`))
})

test('of a disc without parity what is sound is copied, and that it has none is said', () => {
  const damaged = copyOfDisc()
  fs.rmSync(path.join(damaged, 'parity'), { recursive: true })
  const list = path.join(damaged, 'SHA256SUMS')
  fs.writeFileSync(list, fs.readFileSync(list, 'utf8').replace(/^.* {2}parity\/.*\n/gm, ''))
  zero(path.join(damaged, 'README.txt'), 0, 100)
  const { status, stdout, stderr } = cli(['repair', damaged, out, '--json'])
  expect(status).toBe(1)
  expect(stderr).toContain('the disc has no parity: 1 file cannot be repaired')
  expect(JSON.parse(stdout.split('\n').find((line) => line.includes('"summary"')) as string)).toMatchObject({
    type: 'summary',
    has_parity: false,
    wrong: ['README.txt'],
    blocks_missing: null,
  })
  expect(fs.readdirSync(out).sort()).toEqual(['SHA256SUMS', 'catalog.sqlite.bz2', 'chunks', 'restore.sh'])
})

test('verify knows parity, checks it, and says that a damaged disc has it', () => {
  const args = (place: string): string[] => ['verify', place, '--json']
  const sound = cli(args(disc))
  expect(sound.status).toBe(0)
  expect(sound.stdout).toMatch(/"file":"parity\/checksums\.par2","status":"sound"/)
  expect(sound.stdout).toContain('"surplus":0')
  const damaged = copyOfDisc()
  zero(volumeOf(damaged, 'checksums'), 1000, 4)
  fs.rmSync(path.join(damaged, 'parity/disc.par2'))
  const found = cli(args(damaged))
  expect(found.status).toBe(1)
  expect(found.stdout).toMatch(/"file":"parity\/checksums\.vol\S+?","status":"damaged"/)
  expect(found.stdout).toMatch(/"file":"parity\/disc\.par2","status":"missing"/)
  expect(found.stderr).toMatch(/to mend disc 1: butcher repair \S+ disc-0001/)
})

test('nothing is written over or half-made', async () => {
  fs.mkdirSync(out)
  fs.writeFileSync(path.join(out, 'mine'), 'mine')
  await expect(run(disc)).rejects.toMatchObject({ code: 'exists', message: `${out} is not empty` })
  await expect(repair({ disc, out: path.join(disc, 'out') })).rejects.toMatchObject({ code: 'usage' })
  await expect(repair({ disc: path.join(folder, 'nowhere'), out })).rejects.toMatchObject({ code: 'usage' })
  const photo = path.join(folder, 'photo.iso')
  fs.writeFileSync(photo, noise(100_000, 7))
  const other = path.join(folder, 'other')
  await expect(repair({ disc: photo, out: other })).rejects.toThrow(
    'nothing of a disc of butcher is found in',
  )
  expect(fs.existsSync(other)).toBe(false)
  const stopped = AbortSignal.abort()
  await expect(repair({ disc, out: other, signal: stopped })).rejects.toMatchObject({ code: 'aborted' })
  expect(fs.existsSync(other)).toBe(false)
})
