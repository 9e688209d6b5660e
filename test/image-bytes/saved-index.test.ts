import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import zlib from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ButcherEvent } from '../../src/events.ts'
import { openBytes } from '../../src/image-bytes/open-bytes.ts'

let folder: string
let file: string
let cacheDir: string
let image: Buffer

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'saved-index-'))
  cacheDir = path.join(folder, 'cache')
  file = path.join(folder, 'image')
  image = randomBytes(65 << 20)
  fs.writeFileSync(file, zlib.gzipSync(image, { level: 0 }))
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Reads some bytes; the number of stages that were reported. */
async function passes(): Promise<number> {
  const events: ButcherEvent[] = []
  const bytes = await openBytes([file], { cacheDir, report: (event) => events.push(event) })
  for (const offset of [0, 40_000_000, image.length - 100]) {
    const into = Buffer.alloc(100)
    await bytes.readAt(offset, into)
    expect(into.equals(image.subarray(offset, offset + 100))).toBe(true)
  }
  await bytes.close()
  return events.filter(({ type }) => type === 'stage').length
}

const indexes = (): string[] => fs.readdirSync(cacheDir).map((name) => path.join(cacheDir, name))

test('the index of a large image is kept, as long as the image is the same', async () => {
  expect(await passes()).toBe(1)
  expect(fs.statSync(cacheDir).mode & 0o777).toBe(0o700)
  expect(indexes().map((index) => fs.statSync(index).mode & 0o777)).toEqual([0o600])
  expect(await passes()).toBe(0)

  const [index] = indexes() as [string]
  const bytes = fs.readFileSync(index)
  bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 1
  fs.writeFileSync(index, bytes)
  expect(await passes()).toBe(1)

  const old = path.join(cacheDir, `${'0'.repeat(32)}.index`)
  fs.writeFileSync(old, '')
  fs.truncateSync(old, 2 ** 30)
  fs.utimesSync(old, 1000, 1000)
  fs.utimesSync(file, 2000, 2000)
  expect(await passes()).toBe(1)
  expect(indexes()).toHaveLength(2)
  expect(fs.existsSync(old)).toBe(false)
})
