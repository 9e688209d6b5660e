import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ButcherEvent } from '../../src/events.ts'
import { openBytes } from '../../src/image-bytes/open-bytes.ts'
import { sampleImage, splitImage, wrappings, writeImage } from '../support/wrappings.ts'

let folder: string
let image: Buffer

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'image-bytes-'))
  image = sampleImage(2_500_000)
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Offsets from the beginning to past the end, and lengths from 1 byte to a MiB. */
function* places(): Generator<readonly [offset: number, length: number]> {
  yield* [
    [0, 100],
    [image.length - 10, 100],
    [image.length, 10],
    [image.length + 5000, 10],
    [0, image.length + 1],
  ] as const
  for (let i = 1, state = 12_345; i < 20; i++) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    yield [state % image.length, i % 7 === 0 ? 1 << 20 : 1 + (state % 9000)]
  }
}

describe.each(Object.keys(wrappings))('%s', (name) => {
  test('reads give the same bytes as the plain image', async () => {
    const stored = wrappings[name]?.(image) as Buffer
    const parts = splitImage(folder, 'part', stored, Math.ceil(stored.length / 3), (i) => `00${i}`)
    const events: ButcherEvent[] = []
    const cacheDir = path.join(folder, 'cache')
    const bytes = await openBytes(parts, { cacheDir, report: (event) => events.push(event) })
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const into = Buffer.alloc(length)
      return into.subarray(0, await bytes.readAt(offset, into))
    }
    for (const [offset, length] of places()) {
      expect((await read(offset, length)).equals(image.subarray(offset, offset + length))).toBe(true)
    }
    expect(bytes.size).toBe(image.length)
    const into = Buffer.alloc(5000)
    expect(bytes.readAtSync?.(1_000_000, into)).toBe(5000)
    expect(into.equals(image.subarray(1_000_000, 1_005_000))).toBe(true)
    // A pass is not needed: the index of xz and the seek table of zstd are at their ends.
    expect(events.some(({ type }) => type === 'progress')).toBe(
      !/^(plain|xz|zstd with|zip, stored)/.test(name),
    )
    // The files of the cache have no names.
    expect(fs.existsSync(cacheDir) ? fs.readdirSync(cacheDir) : []).toEqual([])
    await bytes.close()
    await bytes.close()
  })

  // Nothing in a plain image could tell.
  test.each(name === 'plain' ? [] : ['damage'])('%s is reported before any byte is read', async () => {
    const stored = wrappings[name]?.(image) as Buffer
    const cut = writeImage(folder, 'cut', stored.subarray(0, Math.floor(stored.length * 0.8)))
    const reading = async (): Promise<number> => {
      const bytes = await openBytes([cut], { cacheDir: path.join(folder, 'cache') })
      return bytes.readAt(0, Buffer.alloc(10)).finally(() => bytes.close())
    }
    await expect(reading()).rejects.toMatchObject({ code: 'damaged', path: cut })
  })
})

test.each([1, 9, 100, 4000, 20_000, 700_000])(
  'a gzip image without its last %i bytes is damage',
  async (cut) => {
    const whole = wrappings['gzip']?.(image) as Buffer
    const file = path.join(folder, `cut-${cut}.gz`)
    fs.writeFileSync(file, whole.subarray(0, whole.length - cut))
    const bytes = await openBytes([file], { cacheDir: path.join(folder, 'cache') })
    await expect(bytes.prepare()).rejects.toThrow(/it is cut short|damaged/)
    await bytes.close()
  },
)
