import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openChunk, openDamagedChunk, type StoredChunk } from '../../src/chunk/open-chunk.ts'
import type { Compression } from '../../src/format/layout.ts'
import { TarReader } from '../../src/format/read-tar.ts'
import { ResyncTar } from '../../src/format/resync-tar.ts'
import { gpgEncrypt } from '../support/make-set.ts'
import { noise } from '../support/sample-trees.ts'

const passphrase = 'open sesame'
const names = ['first', 'second', 'third']
let folder: string
let tar: Buffer
let packed: Buffer
let locked: Buffer

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'open-chunk-'))
  for (const [i, name] of names.entries()) fs.writeFileSync(path.join(folder, name), noise(167_000, i + 1))
  tar = execFileSync('tar', ['--format=ustar', '-C', folder, '-c', ...names], { maxBuffer: 1 << 26 })
  // Blocks of 100 kB, of which the second file fills one.
  packed = execFileSync('bzip2', ['-1', '-c'], { input: tar, maxBuffer: 1 << 26 })
  locked = gpgEncrypt(packed, { passphrase })
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

function stored(bytes: Buffer, compression: Compression, encrypted: boolean): StoredChunk {
  const pieces = (async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 20_000) yield bytes.subarray(at, at + 20_000)
  })()
  return { file: '00000001.tar', named: { compression, encrypted }, bytes: pieces }
}

/** Gathers whole members by name. */
class Members {
  readonly found = new Map<string, Buffer>()
  #name = ''
  #pieces: Buffer[] = []

  readonly isWanted = (name: string): boolean => names.includes(name) && !this.found.has(name)
  readonly begin = ({ name }: { readonly name: string }): boolean => {
    this.#name = name
    this.#pieces = []
    return true
  }
  readonly data = (bytes: Uint8Array): void => void this.#pieces.push(Buffer.from(bytes))
  readonly hole = (): void => {}
  readonly cut = (): void => {}
  readonly end = (): void => void this.found.set(this.#name, Buffer.concat(this.#pieces))

  /** The names whose content came out right. */
  get right(): string[] {
    return names.filter((name) => this.found.get(name)?.equals(fs.readFileSync(path.join(folder, name))))
  }
}

async function sum(lengths: AsyncIterable<number>): Promise<number> {
  let total = 0
  for await (const length of lengths) total += length
  return total
}

test('the members come out of a chunk of each kind, and the lengths add up to its tar', async () => {
  const chunks = [stored(tar, 'none', false), stored(packed, 'bz2', false), stored(locked, 'bz2', true)]
  for (const chunk of chunks) {
    const members = new Members()
    expect(await sum(openChunk(chunk, new TarReader(members), { secrets: { passphrase } }))).toBe(tar.length)
    expect(members.right).toEqual(names)
  }
})

test('another passphrase does not open it', async () => {
  const chunk = stored(locked, 'bz2', true)
  const opened = openChunk(chunk, new TarReader(new Members()), { secrets: { passphrase: 'another' } })
  await expect(sum(opened)).rejects.toMatchObject({ code: 'secret' })
})

test('who stops early has what was fed until then', async () => {
  const members = new Members()
  for await (const _ of openChunk(stored(tar, 'none', false), new TarReader(members), { secrets: {} })) {
    if (members.found.size > 0) break
  }
  expect(members.right).toEqual(['first'])
})

test('blocks at the beginning are left out', async () => {
  const members = new Members()
  const options = { secrets: {}, fromBlock: 1 }
  const tarFrom = new ResyncTar(members)
  const opened = sum(openChunk(stored(packed, 'bz2', false), tarFrom, options))
  // The checksum at the end of the stream is of all blocks.
  await expect(opened).rejects.toMatchObject({ code: 'damaged' })
  tarFrom.end()
  expect(members.right).toContain('second')
  expect(members.right).not.toContain('first')
})

test('damage ends the reading, or is passed if that is asked for', async () => {
  for (const encrypted of [false, true]) {
    const bytes = Buffer.from(encrypted ? locked : packed)
    bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 100)
    const strict = openChunk(stored(bytes, 'bz2', encrypted), new TarReader(new Members()), {
      secrets: { passphrase },
    })
    await expect(sum(strict)).rejects.toMatchObject({ code: 'damaged' })
    const members = new Members()
    const reader = new ResyncTar(members)
    const chunk = stored(bytes, 'bz2', encrypted)
    await sum(openDamagedChunk(chunk, bytes.length, reader, { passphrase }))
    reader.end()
    expect(members.right).toEqual(['first', 'third'])
  }
})
