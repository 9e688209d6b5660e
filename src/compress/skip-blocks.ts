/**
 * Skips the first blocks of bzip2 data without decompressing them. The rest is a stream of sound blocks, but
 * its final checksum is wrong. In many short concatenated streams, whole streams are skipped.
 */

import { blockMagic, findBits, magicBits } from './bzip2-blocks.ts'

const headBytes = 4
/**
 * The bytes of a piece that are searched again with the next one: a stream's head, or a magic that is split.
 */
const keptBytes = headBytes + magicBits / 8
/** Streams with fewer blocks are short: a stream made from a segment has four. */
const shortBlocks = 8

/**
 * lbzip2 makes a block of each 900 kB. Often it makes a second block of the few bytes left over, which does
 * not count. Other data makes so short a block only if one byte is repeated for long.
 */
const remainderBits = 256 * 8

/** `input` from about the block that has `count` blocks before it. Empty if there are fewer blocks. */
export async function* skipBlocks(
  input: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let kept: Buffer = Buffer.alloc(0)
  let [blocks, streams, counted] = [0, 0, 0]
  /**
   * In bits from the beginning: the positions of `kept` and of the last block, and the length of the block
   * before it.
   */
  let [keptAt, lastAt, lengthBefore] = [0, 0, 0]
  let shifter: BitShifter | undefined
  for await (const bytes of input) {
    if (shifter !== undefined) {
      yield shifter.take(bytes)
      continue
    }
    const known = Math.max(0, kept.length - magicBits / 8) * 8
    kept = Buffer.concat([kept, bytes])
    for (const bit of findBits(kept, blockMagic)) {
      if (blocks > 0 && bit <= known) continue
      const isFirst = beginsStream(kept, bit)
      if (isFirst) streams++
      const length = keptAt + bit - lastAt
      if (blocks > 0 && (length >= remainderBits || lengthBefore < remainderBits)) counted++
      ;[lastAt, lengthBefore] = [keptAt + bit, length]
      const isShort = streams > 1 && blocks < streams * shortBlocks
      blocks++
      if (counted < count || (isShort && !isFirst)) continue
      shifter = new BitShifter(bit & 7)
      yield Buffer.from('BZh9', 'latin1')
      yield shifter.take(kept.subarray(bit >> 3))
      break
    }
    const done = Math.max(0, kept.length - keptBytes)
    kept = kept.subarray(done)
    keptAt += done * 8
  }
}

function beginsStream(bytes: Buffer, bit: number): boolean {
  const at = (bit >> 3) - headBytes
  return (bit & 7) === 0 && at >= 0 && /^BZh[1-9]$/.test(bytes.toString('latin1', at, at + headBytes))
}

/** Shifts a stream of bytes to the left by some bits. */
class BitShifter {
  readonly #bits: number
  /** The last byte, which waits for the next one. */
  #last: number | undefined

  constructor(bits: number) {
    this.#bits = bits
  }

  take(bytes: Uint8Array): Uint8Array {
    const bits = this.#bits
    if (bits === 0 || bytes.length === 0) return bytes
    const from = this.#last === undefined ? 1 : 0
    const moved = Buffer.allocUnsafe(bytes.length - from)
    let last = this.#last ?? (bytes[0] as number)
    for (let i = 0; i < moved.length; i++) {
      const next = bytes[i + from] as number
      moved[i] = (last << bits) | (next >> (8 - bits))
      last = next
    }
    this.#last = last
    return moved
  }
}
