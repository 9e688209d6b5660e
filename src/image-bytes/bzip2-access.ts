/**
 * Random access to bzip2: by blocks of up to 900 kB. A search finds where they begin. One pass decodes them
 * all, as their sizes stand nowhere.
 */

import { asStream } from '../compress/bzip2-blocks.ts'
import { Bzip2Scanner } from '../compress/bzip2-scan.ts'
import { loadUnpackBlock, type UnpackBlock } from '../compress/unpack-bzip2-block.ts'
import { ButcherError } from '../errors.ts'
import type { Restarts } from './restarts.ts'
import type { StoredBytes } from './stored-parts.ts'
import { StretchBuilder } from './stretches.ts'

/** In bits of the file. */
interface Block {
  readonly start: number
  readonly end: number
}

/**
 * Usual blocks. One of equal bytes gives up to 255/5 times its 900 kB: each five bytes stand for up to 259.
 */
const usualBytes = 1 << 20
const mostBytes = 48_000_000
/** A block of 900 kB that does not compress takes about 1 % more. */
const mostPackedBytes = 2_000_000

export const bzip2Restarts: Restarts<Block> = {
  find: async (stored, input) => {
    const unpack = await loadUnpackBlock()
    const builder = new StretchBuilder<Block>()
    for await (const { block, stream } of blocksOf(input())) {
      const bytes = tryUnpack(unpack, stream)
      // The bits of the mark may stand in a block by chance.
      if (bytes === undefined) return undefined
      builder.begin(Math.floor(block.start / 8), block)
      builder.take(bytes)
    }
    return builder.stretches(stored.size)
  },
  decoder: async (stored, { points }) => {
    const unpack = await loadUnpackBlock()
    return (i, length) => readBlock(stored, points[i] as Block, unpack, length)
  },
}

function tryUnpack(unpack: UnpackBlock, stream: Buffer): Uint8Array | undefined {
  try {
    return unpack(stream, usualBytes) ?? unpack(stream, mostBytes)
  } catch {
    return undefined // damage is reported when the whole image is unwrapped
  }
}

function readBlock(stored: StoredBytes, { start, end }: Block, unpack: UnpackBlock, length: number): Buffer {
  const from = Math.floor(start / 8)
  const bytes = Buffer.allocUnsafeSlow(Math.ceil(end / 8) - from)
  stored.readSync(from, bytes)
  const unpacked = unpack(asStream(bytes, start - from * 8, end - from * 8), length)
  return unpacked === undefined
    ? Buffer.alloc(0)
    : Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.length)
}

/** The blocks, each as a stream of its own. */
async function* blocksOf(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly block: Block; readonly stream: Buffer }> {
  let found: Block[] = []
  let start: number | undefined
  const finish = (end: number): void => {
    if (start !== undefined) found.push({ start, end })
    start = undefined
  }
  const scanner = new Bzip2Scanner({
    block: (at) => {
      finish(at)
      start = at
    },
    end: finish,
  })
  // The bytes from the beginning of the first block that is not complete.
  let kept: Buffer = Buffer.alloc(0)
  let offset = 0
  const cut = function* (): Generator<{ block: Block; stream: Buffer }> {
    for (const block of found) {
      yield { block, stream: asStream(kept, block.start - offset * 8, block.end - offset * 8) }
    }
    found = []
  }
  for await (const bytes of input) {
    kept = Buffer.concat([kept, bytes])
    scanner.push(bytes)
    yield* cut()
    const needed = start === undefined ? offset + kept.length - scanner.keptBytes : Math.floor(start / 8)
    kept = kept.subarray(needed - offset)
    offset = needed
    if (kept.length > mostPackedBytes + bytes.length) throw damaged('a block is corrupt')
  }
  scanner.finish()
  yield* cut()
}

const damaged = (why: string): ButcherError =>
  new ButcherError('damaged', `the bzip2 data is damaged: ${why}`)
