import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import type { Compression } from '../../src/format/layout.ts'
import { rows } from '../support/rows.ts'
import { noise } from '../support/sample-trees.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'damaged-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))
const newFolder = (): string => fs.mkdtempSync(path.join(root, 'x-'))

const passphrase = 'open sesame'

interface Made {
  readonly source: string
  readonly discs: readonly string[]
  readonly chunks: readonly string[]
}

interface MakeOptions {
  readonly compress: Compression
  readonly passphrase?: string
  readonly sizeBytes?: number
  readonly full?: boolean
  readonly chunkSizeBytes?: number
}

const makings = new Map<string, Promise<string>>()

/**
 * Text and noise of `sizeBytes` in files of 50 kB, each backup on a disc of its own: made once, copied for
 * each test.
 */
async function make(options: MakeOptions): Promise<Made> {
  const key = JSON.stringify(options)
  const making = makings.get(key) ?? makeIn(newFolder(), options)
  makings.set(key, making)
  const folder = newFolder()
  fs.cpSync(await making, folder, { recursive: true, preserveTimestamps: true })
  const discs = filesIn(path.join(folder, 'shelf'))
  const chunks = discs.flatMap((disc) => filesIn(path.join(disc, 'chunks')))
  return { source: path.join(folder, 'src'), discs, chunks }
}

const filesIn = (folder: string): string[] =>
  fs
    .readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name))

async function makeIn(folder: string, options: MakeOptions): Promise<string> {
  const { sizeBytes = 1_000_000, full = false, ...rest } = options
  const source = path.join(folder, 'src')
  fs.mkdirSync(source)
  for (let i = 0; i * 50_000 < sizeBytes; i++) {
    fs.writeFileSync(path.join(source, `f${String(i).padStart(3, '0')}`), noise(50_000, i + 1))
  }
  const destination = path.join(folder, 'set')
  const shelf = path.join(folder, 'shelf')
  fs.mkdirSync(shelf)
  for (const again of full ? [false, true] : [false]) {
    await backup({ source, destination, medium: 'unlimited', jobs: 1, ...rest, full: again })
    for (const name of fs.readdirSync(destination).filter((one) => one.startsWith('disc-'))) {
      fs.renameSync(path.join(destination, name), path.join(shelf, name))
    }
  }
  return folder
}

async function run({ source }: Made, from: readonly string[], secret?: string) {
  const destination = path.join(newFolder(), 'out')
  const told: string[] = []
  const summary = await restore({
    from,
    destination,
    jobs: 1,
    ...(secret === undefined ? {} : { passphrase: secret }),
    report: (event) => event.type === 'warning' && told.push(event.message),
  })
  const names = fs.readdirSync(source)
  const back = names.filter((name) => fs.existsSync(path.join(destination, name)))
  for (const name of back) {
    expect(
      fs.readFileSync(path.join(destination, name)).equals(fs.readFileSync(path.join(source, name))),
    ).toBe(true)
  }
  expect(fs.readdirSync(destination).filter((name) => name.startsWith('.butcher'))).toEqual([])
  expect(back.length + summary.failed).toBe(names.length)
  return { ...summary, told, back: back.length, lost: names.length - back.length }
}

function change(file: string, doing: (bytes: Buffer) => Buffer | void): void {
  const bytes = fs.readFileSync(file)
  fs.writeFileSync(file, doing(bytes) ?? bytes)
}

const flip = (offset: number) => (bytes: Buffer): void => void (bytes[offset] = (bytes[offset] as number) ^ 4) // prettier-ignore

describe('what is sound in a damaged chunk comes back', () => {
  // A block of bzip2 holds 900 kB, eighteen files; a stream of any kind 3.6 MB, seventy.
  const flipped = [
    ['uncompressed', { compress: 'none', sizeBytes: 1_200_000 }, 1],
    ['gz', { compress: 'gz', sizeBytes: 4_000_000 }, 74],
    ['zstd', { compress: 'zstd', sizeBytes: 4_000_000 }, 74],
    ['xz', { compress: 'xz', sizeBytes: 4_000_000 }, 74],
    ['uncompressed and encrypted', { compress: 'none', passphrase, sizeBytes: 1_200_000 }, 2],
    ['bz2 and encrypted', { compress: 'bz2', passphrase, sizeBytes: 2_000_000 }, 20],
  ] as const

  test.each(rows(flipped, [0, 2, 5]))('after a flipped bit: %s', async (_, options, mostLost) => {
    const made = await make(options)
    const [chunk] = made.chunks as [string]
    change(chunk, flip(1_000_000))
    const result = await run(made, made.discs, 'passphrase' in options ? passphrase : undefined)
    expect(result.lost).toBeGreaterThan(0)
    expect(result.lost).toBeLessThanOrEqual(mostLost)
    expect(result.told[0]).toMatch(/^chunk 00000001\S* on disc 1 is damaged: /)
  })

  test.each([
    ['zeroed sectors', (bytes: Buffer) => void bytes.fill(0, 300_000, 360_000)],
    [
      'sectors that are gone',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 300_000), bytes.subarray(362_048)]),
    ],
    [
      'bytes too many',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 300_000), noise(1000, 5), bytes.subarray(300_000)]),
    ],
  ])('after %s', async (_, spoil) => {
    // prettier-ignore
    const made = await make({ compress: 'none', sizeBytes: 1_000_000 })
    change(made.chunks[0] as string, spoil)
    const result = await run(made, made.discs)
    expect(result.lost).toBeGreaterThan(0)
    expect(result.lost).toBeLessThanOrEqual(3)
  })

  test('a chunk whose keys are damaged gives out nothing, and is named', async () => {
    const made = await make({ compress: 'none', passphrase, sizeBytes: 200_000 })
    change(made.chunks[0] as string, flip(12))
    const result = await run(made, made.discs, passphrase)
    expect(result.back).toBe(0)
    expect(result.told[0]).toMatch(/is damaged: it is not the file that was stored/)
  })
})

describe('where the right bytes are there under another name they are used', () => {
  test('swapped chunks', async () => {
    const made = await make({ compress: 'none', chunkSizeBytes: 300_000, passphrase })
    const [a, b] = made.chunks as [string, string]
    fs.renameSync(a, `${a}.x`)
    fs.renameSync(b, a)
    fs.renameSync(`${a}.x`, b)
    const result = await run(made, made.discs, passphrase)
    expect(result.lost).toBe(0)
    expect(result.told).toContainEqual(
      expect.stringMatching(`chunk 00000001\\S* on disc 1 is damaged: .*; it was read from ${b} instead`),
    )
  })

  test('a renamed chunk, and one that another disc has a copy of', async () => {
    const made = await make({ compress: 'none', chunkSizeBytes: 300_000 })
    const [a, b] = made.chunks as [string, string]
    const copy = path.join(newFolder(), 'disc-0001')
    fs.cpSync(made.discs[0] as string, copy, { recursive: true })
    fs.renameSync(a, path.join(path.dirname(a), 'lost'))
    fs.truncateSync(b, 0)
    const result = await run(made, [...made.discs, copy])
    expect(result).toMatchObject({ lost: 0, failed: 0 })
  })
})

describe('a second stored copy makes up for', () => {
  test.each([
    ['a damaged chunk', '1', ({ chunks }: Made) => change(chunks[0] as string, flip(20_000))],
    ['an empty chunk', '1', ({ chunks }: Made) => fs.truncateSync(chunks[0] as string, 0)],
    ['a disc that is missing', '2', ({ discs }: Made) => fs.rmSync(discs[1] as string, { recursive: true })],
  ])('%s', async (_, at, spoil) => {
    const made = await make({ compress: 'none', sizeBytes: 200_000, full: true })
    const catalog = path.join(path.dirname(made.source), 'set', 'catalog.sqlite')
    spoil(made)
    const from = [...made.discs.filter((disc) => fs.existsSync(disc)), catalog]
    const destination = path.join(newFolder(), 'out')
    const summary = await restore({ from, destination, at, jobs: 1 })
    expect(summary).toMatchObject({ failed: 0, missingDiscs: [], files: 4 })
    for (const name of fs.readdirSync(made.source)) {
      expect(
        fs.readFileSync(path.join(destination, name)).equals(fs.readFileSync(path.join(made.source, name))),
      ).toBe(true)
    }
  })

  test('a large file in other parts', async () => {
    const made = await make({ compress: 'none', sizeBytes: 0 })
    fs.writeFileSync(path.join(made.source, 'large'), noise(700_000, 1))
    const destination = path.join(path.dirname(made.source), 'set')
    await backup({ source: made.source, destination, medium: 'unlimited', jobs: 1, chunkSizeBytes: 200_000 })
    await backup({
      source: made.source,
      destination,
      medium: 'unlimited',
      jobs: 1,
      chunkSizeBytes: 300_000,
      full: true,
    })
    const disc = path.join(destination, 'disc-0002')
    const folder = fs.existsSync(disc)
      ? disc
      : path.join(destination, fs.readdirSync(destination).find((name) => name.startsWith('disc-')) as string)
    const spoilt = fs.readdirSync(path.join(folder, 'chunks')).sort()[2] as string
    fs.truncateSync(path.join(folder, 'chunks', spoilt), 5000)
    for (const at of ['2', '3']) {
      const out = path.join(newFolder(), 'out')
      expect(await restore({ from: [destination], destination: out, at, jobs: 1 })).toMatchObject({
        failed: 0,
      })
      expect(fs.readFileSync(path.join(out, 'large')).equals(noise(700_000, 1))).toBe(true)
    }
  })
})

describe('--salvage', () => {
  test('a damaged file stands under a marked name, as far as it goes, and never under its own', async () => {
    const made = await make({ compress: 'none', passphrase, sizeBytes: 200_000 })
    change(made.chunks[0] as string, flip(70_000))
    const destination = path.join(newFolder(), 'out')
    const told: string[] = []
    const summary = await restore({
      from: made.discs,
      destination,
      passphrase,
      salvage: true,
      report: (event) => event.type === 'warning' && told.push(event.message),
    })
    expect(summary).toMatchObject({ files: 3, failed: 1, salvaged: 1 })
    const [marked] = fs.readdirSync(destination).filter((name) => name.endsWith('.butcher-damaged')) as [
      string,
    ]
    const name = marked.replace('.butcher-damaged', '')
    expect(fs.existsSync(path.join(destination, name))).toBe(false)
    expect(told).toContain(`${marked} has damage: 50000 of 50000 bytes were salvaged`)
    const wrong = [...fs.readFileSync(path.join(destination, marked))]
    const right = fs.readFileSync(path.join(made.source, name))
    const differing = wrong.filter((byte, i) => byte !== right[i]).length
    expect(differing).toBeGreaterThan(0)
    expect(differing).toBeLessThan(34) // what CFB makes of one wrong bit
  })

  test('a cut chunk: the file that the cut goes through is cut', async () => {
    const made = await make({ compress: 'none', sizeBytes: 200_000 })
    fs.truncateSync(made.chunks[0] as string, 80_000)
    const destination = path.join(newFolder(), 'out')
    expect(await restore({ from: made.discs, destination, salvage: true })).toMatchObject({
      failed: 3,
      salvaged: 1,
    })
    const part = fs.readFileSync(path.join(destination, 'f001.butcher-damaged'))
    expect(part.length).toBeGreaterThan(20_000)
    expect(fs.readFileSync(path.join(made.source, 'f001')).subarray(0, part.length).equals(part)).toBe(true)
  })

  test('a large file one part of which is missing has zeros there', async () => {
    const made = await make({ compress: 'none', sizeBytes: 0 })
    const right = noise(700_000, 1)
    fs.writeFileSync(path.join(made.source, 'large'), right)
    const set = path.join(path.dirname(made.source), 'set')
    await backup({
      source: made.source,
      destination: set,
      medium: 'unlimited',
      jobs: 1,
      chunkSizeBytes: 200_000,
    })
    const disc = path.join(
      set,
      fs.readdirSync(set).find((name) => name.startsWith('disc-')) as string,
      'chunks',
    )
    fs.rmSync(path.join(disc, fs.readdirSync(disc).sort()[1] as string))
    const destination = path.join(newFolder(), 'out')
    expect(await restore({ from: [set], destination, salvage: true })).toMatchObject({
      failed: 1,
      salvaged: 1,
    })
    const back = fs.readFileSync(path.join(destination, 'large.butcher-damaged'))
    expect(back.length).toBe(right.length)
    const same = [...back].filter((byte, i) => byte === right[i]).length
    expect(same).toBeGreaterThan(450_000)
    expect(fs.readdirSync(destination)).toEqual(['large.butcher-damaged'])
  })
})
