/** What unpacks to terabytes: a chunk, its compression, its window; time and memory stay small. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decompress } from '../../src/compress/decompress.ts'
import type { Compression } from '../../src/format/layout.ts'
import type { FileWriter } from '../../src/restore/file-writer.ts'
import { createPlan } from '../../src/restore/plan-tables.ts'
import { restoreChunk } from '../../src/restore/restore-chunk.ts'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { compress } from '../support/make-set.ts'
import {
  expectNothingOutside,
  freshFolder,
  hostileSet,
  putChunk,
  restoredNames,
  restoreHostile,
  runHostile,
} from './hostile-set.ts'
import { tarHeader } from './tar-bytes.ts'

const zeros = Buffer.alloc(10_000_000)
const streams = new Map<Compression, Buffer>()

/** The zeros, compressed: made once for all tests. */
function zeroStream(compression: Compression): Buffer {
  const made = streams.get(compression) ?? compress(zeros, compression, zeros.length)
  streams.set(compression, made)
  return made
}

/** `head`, then `megabytes` of zeros, compressed: one stream of zeros is repeated. */
function bomb(head: Buffer, compression: Compression, megabytes: number): Buffer {
  const stream = zeroStream(compression)
  const count = Math.ceil((megabytes * 1e6) / zeros.length)
  return Buffer.concat([
    compress(head, compression, head.length),
    ...Array.from({ length: count }, () => stream),
  ])
}

const kinds = ['bz2', 'gz', 'zstd', 'xz'] as const

describe('a chunk that gives out too much', () => {
  test('gigabytes after the end of the tar are not read, whatever the compression', async () => {
    const tree = Object.fromEntries(kinds.map((kind) => [kind, kind.repeat(200)]))
    const set = await hostileSet(tree, '', {
      chunkBytes: 700,
      compression: (chunk) => kinds[chunk - 1] ?? 'bz2',
    })
    expect(set.chunks.length).toBeGreaterThanOrEqual(4)
    for (const [i, kind] of kinds.entries()) putChunk(set, i + 1, bomb(Buffer.alloc(1024), kind, 20_000))
    const { told, cpuSeconds } = await restoreHostile(set)
    expect(told.filter((line) => /gives out more than the catalog says/.test(line))).toHaveLength(4)
    expect(restoredNames(set)).toEqual([])
    expectNothingOutside(set)
    expect(cpuSeconds).toBeLessThan(15)
  })

  test('of a member that the catalog does not know no more is read than the chunk may hold', async () => {
    const folder = freshFolder()
    const plan = createPlan(path.join(folder, 'plan.sqlite'))
    const file = path.join(folder, 'chunk')
    fs.writeFileSync(file, bomb(tarHeader({ name: 'unknown', sizeBytes: 8_000_000_000 }), 'gz', 8_000))
    const stored = fs.readFileSync(file)
    plan
      .prepare(`INSERT INTO chunk VALUES (1, 1, '00000001.tar.gz', ?, ?)`)
      .run(stored.length, sha256(stored))
    plan.exec(`INSERT INTO allowance VALUES (1, 50000000);
      INSERT INTO piece(chunk, member, content, part, offset, size, hash) VALUES (1, 'good', 1, 0, 0, 4, x'00')`)
    const cpuSeconds = countCpuSeconds()
    const outcome = await restoreChunk(
      { plan, fileWriter: {} as FileWriter, secrets: {}, threads: 1, checkStop: () => {} },
      {
        chunk: { number: 1, disc: 1, name: '00000001.tar.gz', bytes: stored.length, sha256: sha256(stored) },
        file,
      },
    )
    expect(outcome.damage).toMatch(/more than the catalog says/)
    expect(cpuSeconds()).toBeLessThan(2)
    plan.close()
  })

  test('memory stays small while bombs of every kind are read', async () => {
    const tree = Object.fromEntries(kinds.map((kind) => [kind, kind.repeat(200)]))
    const set = await hostileSet(tree, '', {
      chunkBytes: 700,
      compression: (chunk) => kinds[chunk - 1] ?? 'bz2',
    })
    const head = tarHeader({ name: 'unknown', sizeBytes: 1e12 })
    for (const [i, kind] of kinds.entries()) putChunk(set, i + 1, bomb(head, kind, 30))
    const run = runHostile(['restore', set.destination, set.restored, '--jobs', '2'])
    expect(run.status).toBe(1)
    expect(run.peakMegabytes).toBeLessThan(450)
  })
})

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest()

describe('windows and dictionaries of gigabytes', () => {
  const reading = async (data: Buffer, compression: Compression): Promise<number> => {
    let bytes = 0
    const input = (async function* () {
      yield data
    })()
    for await (const piece of decompress(input, compression)) bytes += piece.length
    return bytes
  }

  test('a zstd frame with a window of 1 GiB, and of 3.75 TiB', async () => {
    for (const window of [20 << 3, (31 << 3) | 7]) {
      // No content size, that window, and one last block of 128 KiB of one byte.
      const block = Buffer.alloc(3)
      block.writeUIntLE(1 | (1 << 1) | (131_072 << 3), 0, 3)
      const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, window]), block, Buffer.from('a')])
      await expect(reading(frame, 'zstd')).rejects.toMatchObject({ code: 'damaged' })
    }
  })

  test('an xz stream with a dictionary of 4 GiB', async () => {
    const stream = execFileSync('xz', ['-c', '--check=none'], { input: 'content' })
    // The block's header begins at byte 12: its size, its flags, filter 0x21 with one byte of properties: the
    // dictionary.
    const size = ((stream[12] as number) + 1) * 4
    expect([...stream.subarray(14, 16)]).toEqual([0x21, 1])
    stream[16] = 40
    stream.writeUInt32LE(zlib.crc32(stream.subarray(12, 12 + size - 4)), 12 + size - 4)
    await expect(reading(stream, 'xz')).rejects.toMatchObject({ code: 'damaged' })
  })
})
