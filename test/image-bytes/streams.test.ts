import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBytes } from '../../src/image-bytes/open-bytes.ts'
import { sampleImage, splitImage, wrappings, writeImage } from '../support/wrappings.ts'

let folder: string
let image: Buffer

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'image-bytes-'))
  image = sampleImage(2_000_000)
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

async function streamed(parts: readonly string[]): Promise<Buffer> {
  const bytes = await openBytes(parts)
  try {
    const pieces: Uint8Array[] = []
    for await (const piece of bytes.stream()) pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces)
  } finally {
    await bytes.close()
  }
}

describe.each(Object.keys(wrappings))('%s', (name) => {
  const wrap = wrappings[name] as (image: Buffer) => Buffer

  test('the stream has all bytes, whole and in parts', async () => {
    const stored = wrap(image)
    expect((await streamed([writeImage(folder, 'whole', stored)])).equals(image)).toBe(true)
    const parts = splitImage(folder, 'part', stored, Math.ceil(stored.length / 5), (i) => `a${'abcdef'[i]}`)
    expect((await streamed(parts)).equals(image)).toBe(true)
  })

  test('the stream can be read again, and be left early', async () => {
    const bytes = await openBytes([writeImage(folder, 'whole', wrap(image))])
    for (let i = 0; i < 2; i++) {
      for await (const piece of bytes.stream()) {
        expect(Buffer.from(piece.subarray(0, 15)).toString()).toBe('partclone-image')
        break
      }
    }
    expect(bytes.compressed).toBe(name === 'plain' ? null : /^\w+?(?=,| |$)/.exec(name)?.[0])
    await bytes.close()
  })

  test.each(name === 'plain' ? [] : ['damage'])('a cut and other data at the end are %s', async () => {
    const stored = wrap(image)
    for (const cut of [1, 9, stored.length >> 1]) {
      // The zeros at the end, padding and skipped frames may be missing.
      if (/zeros|padding|skipped|table/.test(name) && cut < 10) continue
      const file = writeImage(folder, 'cut', stored.subarray(0, stored.length - cut))
      await expect(streamed([file])).rejects.toMatchObject({ code: 'damaged', path: file })
    }
    const longer = writeImage(folder, 'longer', Buffer.concat([stored, Buffer.from('other data')]))
    await expect(streamed([longer])).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(`cannot read ${longer}: the `),
    })
  })

  // Nothing in these two could tell.
  const tells = name !== 'plain' && name !== 'lz4 legacy'
  test.each(tells ? ['damage'] : [])('flipped bytes are %s', async () => {
    const stored = Buffer.from(wrap(image))
    stored.fill(0x55, stored.length >> 1, (stored.length >> 1) + 40)
    await expect(streamed([writeImage(folder, 'flipped', stored)])).rejects.toMatchObject({ code: 'damaged' })
  })
})

test.each(['plain', 'gzip', 'zstd after a skipped frame', 'lz4', 'bzip2'])(
  '%s through standard input',
  (name) => {
    const program = path.join(import.meta.dirname, '../support/stream-stdin.ts')
    const run = spawnSync(process.execPath, [program], {
      input: wrappings[name]?.(image),
      maxBuffer: 1 << 30,
    })
    expect(run.stderr.toString()).toBe('')
    expect(run.stdout.equals(image)).toBe(true)
  },
)

test('a named pipe', async () => {
  const pipe = path.join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const written = fs.promises.writeFile(pipe, wrappings['gzip']?.(image) as Buffer)
  const bytes = await openBytes([pipe])
  const pieces: Uint8Array[] = []
  for await (const piece of bytes.stream()) pieces.push(piece)
  await written
  expect(Buffer.concat(pieces).equals(image)).toBe(true)
  expect(() => bytes.stream()).toThrow('can be read only once')
  await expect(bytes.readAt(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'usage' })
  await bytes.close()
})

test('no file, a folder, an empty file', async () => {
  await expect(openBytes([path.join(folder, 'nowhere')])).rejects.toMatchObject({ code: 'io' })
  await expect(openBytes([folder])).rejects.toMatchObject({ code: 'source' })
  expect(await streamed([writeImage(folder, 'empty', Buffer.alloc(0))])).toHaveLength(0)
})
