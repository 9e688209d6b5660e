/**
 * Leaves out the first blocks of bzip2 data without decompressing them: what is left is a stream of its own, whose blocks
 * are sound and whose checksum at the end is not. Of many short streams end to end whole ones are left out.
 */

import { blockMagic, findBits, magicBits } from './bzip2-blocks.ts'

const headBytes = 4
/** What of a piece is looked at again with the next one: a stream's head, and a magic that is cut in two. */
const keptBytes = headBytes + magicBits / 8
/** Streams of fewer blocks are short: one made in segments has four. */
const shortBlocks = 8

/**
 * lbzip2 makes of each 900 kB a block, and mostly a second one of the few bytes that the first has no room for: that does not
 * count. So short is one of other data only where a byte repeats for long.
 */
const remainderBits = 256 * 8

/** `input` from the block on that has `count` before it, or soon behind; nothing where there are no more. */
export async function* skipBlocks(
  input: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let kept: Buffer = Buffer.alloc(0)
  let [blocks, streams, counted] = [0, 0, 0]
  /** In bits, from the beginning: where `kept` begins, and the last block; and how long the one before that is. */
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

/** Moves a stream of bytes to the left by some bits. */
class BitShifter {
  readonly #bits: number
  /** The last byte, which waits for the one behind it. */
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
