/**
 * The readers under inputs that are nearly right: sound ones, of which pieces are changed, cut, doubled, or
 * replaced by numbers that lie; and every input kept in corpus/. `npm run test:fuzz` goes on for FUZZ_SECONDS
 * for each reader.
 */

import {
  type Arbitrary,
  array as arrayOf,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  double,
  integer,
  record as recordOf,
} from 'fast-check'
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { makeImage } from '../support/make-image.ts'
import { compress, makeSet } from '../support/make-set.ts'
import { changeCatalog, freshFolder } from './hostile-set.ts'
import { literal, message } from './openpgp-bytes.ts'
import { readers } from './readers.ts'
import { sampleImage, seekable, wrappings } from '../support/wrappings.ts'
import { tarMember } from './tar-bytes.ts'

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 0)
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_120)
const maxCpuSeconds = 2

const corpus = path.join(import.meta.dirname, 'corpus')

/** `LENGTH key=value`, where the length counts itself. */
function record(text: string): string {
  const rest = ` ${text}\n`
  const bytes = Buffer.byteLength(rest)
  const digits = String(bytes + String(bytes).length).length
  return `${bytes + digits}${rest}`
}

const pax = (...records: readonly string[]): Buffer =>
  tarMember({ name: 'pax', type: 'x' }, Buffer.from(records.map(record).join('')))

const text = sampleImage(100_000)

const sound: Record<string, Buffer> = {
  tar: Buffer.concat([
    tarMember({ name: 'a/b' }, Buffer.from('content')),
    pax('path=long/ü', 'size=3'),
    tarMember({ name: 'x' }, Buffer.from('abc')),
    pax('GNU.sparse.major=1', 'GNU.sparse.minor=0', 'GNU.sparse.name=s', 'GNU.sparse.realsize=1000'),
    tarMember({ name: 's' }, Buffer.concat([Buffer.from('1\n0\n3\n'.padEnd(512, '\0')), Buffer.from('abc')])),
    Buffer.alloc(1024),
  ]),
  manifest: Buffer.from(
    `{"t":"chunk","format":1,"set":"00","chunk":1,"disc":1,"backup":1}\n{"t":"content","id":1,"size":1,"hash":"00","parts":1,"chunk":1}\n{"t":"gone","path":"a","backup":2}\n`,
  ),
  openpgp: message(literal('content of it')),
  zstd: compress(Buffer.from('content '.repeat(50)), 'zstd', 150),
  bzip2: compress(Buffer.from('content '.repeat(50)), 'bz2', 150),
  'bzip2-ends': compress(Buffer.from('content '.repeat(50)), 'bz2', 150),
  'wrapped-gzip': compress(text, 'gz', 40_000),
  'wrapped-lz4': wrappings['lz4, block checksums, several frames']?.(text) as Buffer,
  'wrapped-zstd': seekable(text, 30_000),
  'wrapped-zip': wrappings['zip']?.(text) as Buffer,
  'xz-index': wrappings['xz, several streams with padding']?.(text) as Buffer,
  names: Buffer.from('a/b\u202e\u001b[2J'),
}

beforeAll(async () => {
  const set = await makeSet(path.join(freshFolder(), 'set'), {
    backups: [
      {
        tree: {
          a: 'a',
          d: { type: 'dir' },
          l: { type: 'symlink', link: 'a' },
          h: { type: 'hardlink', link: 'a' },
        },
      },
    ],
  })
  const image = path.join(freshFolder(), 'image.iso')
  makeImage(path.dirname(set.plainCatalog), image)
  sound['image'] = fs.readFileSync(image).subarray(16 * 2048, 40 * 2048)
  sound['catalog'] = fs.readFileSync(set.plainCatalog)
})

interface Change {
  readonly kind: 'byte' | 'cut' | 'double' | 'number' | 'text'
  readonly at: number
  readonly length: number
  readonly value: number
}

const change: Arbitrary<Change> = recordOf({
  kind: constantFrom('byte', 'byte', 'cut', 'double', 'number', 'text'),
  at: double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: integer({ min: 1, max: 600 }),
  value: integer({ min: 0, max: 0xffff_ffff }),
})

const lies = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
const words = [
  '\0',
  '-1',
  '99999999999',
  '1e308',
  '../',
  '\u001b',
  '{',
  '[',
  '"',
  '\n',
  'path=',
  'size=',
  '\uffff',
]

function apply(bytes: Buffer, { kind, at, length, value }: Change): Buffer {
  const start = Math.floor(at * bytes.length)
  const end = Math.min(bytes.length, start + length)
  switch (kind) {
    case 'byte': {
      const copy = Buffer.from(bytes)
      if (copy.length > 0) copy[start] = value & 0xff
      return copy
    }
    case 'cut':
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
    case 'double':
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)])
    case 'number': {
      const copy = Buffer.from(bytes)
      if (start + 4 <= copy.length) copy.writeUInt32BE(lies[value % lies.length] as number, start)
      return copy
    }
    case 'text': {
      const word = Buffer.from(words[value % words.length] as string)
      return Buffer.concat([
        bytes.subarray(0, start),
        word,
        bytes.subarray(Math.min(bytes.length, start + word.length)),
      ])
    }
  }
}

/** Reads `bytes`; throws if that takes much CPU time, or ends in anything but an error in words. */
async function readOne(name: string, bytes: Uint8Array, folder: string): Promise<void> {
  const cpuSeconds = countCpuSeconds()
  try {
    await readers[name]?.(bytes, folder)
  } catch (error) {
    if ((error as Error).name !== 'ButcherError' && !isDatabaseError(error)) throw error
    if ((error as Error).message.includes('\n')) throw new Error('more than one line', { cause: error })
  }
  if (cpuSeconds() > maxCpuSeconds) throw new Error(`it took ${cpuSeconds()} s of CPU`)
}

/** A catalog is kept as what changes a sound one. */
function inputFrom(file: string): Buffer {
  const bytes = fs.readFileSync(file)
  if (!file.endsWith('.sql')) return bytes
  const catalog = path.join(freshFolder(), 'catalog.sqlite')
  fs.writeFileSync(catalog, sound['catalog'] as Buffer)
  changeCatalog(catalog, bytes.toString())
  return fs.readFileSync(catalog)
}

/** What the command line tells as a catalog that cannot be read. */
const isDatabaseError = (error: unknown): boolean =>
  String((error as { code?: unknown }).code).startsWith('SQLITE_')

describe.each(Object.keys(readers))('%s', (name) => {
  test('the sound one is read', async () => {
    await expect(readers[name]?.(sound[name] as Buffer, freshFolder())).resolves.toBeUndefined()
  })

  test(
    'inputs that are nearly right',
    async () => {
      const folder = freshFolder()
      const before = process.memoryUsage.rss()
      // `npm run test:fuzz` takes far more.
      const runs = name === 'catalog' ? 60 : name === 'openpgp' ? 75 : 200
      await assertProperty(
        asyncProperty(arrayOf(change, { minLength: 1, maxLength: 6 }), (changes) =>
          readOne(name, changes.reduce(apply, sound[name] as Buffer), folder),
        ),
        seconds > 0
          ? { seed, numRuns: 1e9, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false }
          : { seed, numRuns: runs },
      )
      expect(process.memoryUsage.rss() - before).toBeLessThan(400e6)
      expect(fs.readdirSync(folder).filter((file) => file !== 'catalog.sqlite')).toEqual([])
    },
    1_200_000 + seconds * 1000,
  )

  test('the inputs that are kept', async () => {
    const folder = freshFolder()
    const kept = path.join(corpus, name)
    const files = fs.existsSync(kept) ? fs.readdirSync(kept) : []
    for (const file of files) await readOne(name, inputFrom(path.join(kept, file)), folder)
    expect(files.length).toBeGreaterThan(0)
  })
})
