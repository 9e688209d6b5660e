/**
 * Splits a bzip2 stream into its blocks, sound or not, each as a stream of its own, like bzip2recover. A
 * block can begin at any bit. Its 48-bit magic hardly ever occurs elsewhere.
 */

export const blockMagic = 0x314159265359n
export const endMagic = 0x177245385090n
export const magicBits = 48
const checksumBits = 32

/** Streams of one block each. Only decompressing shows whether a block is sound. */
export function* bzip2Blocks(stream: Buffer): Generator<Buffer> {
  const starts = findBits(stream, blockMagic)
  const ends = findBits(stream, endMagic)
  for (const [i, start] of starts.entries()) {
    const next = starts[i + 1] ?? Number.POSITIVE_INFINITY
    const end = Math.min(next, ends.find((at) => at > start) ?? Number.POSITIVE_INFINITY, stream.length * 8)
    if (end - start <= magicBits + checksumBits) continue
    yield asStream(stream, start, end)
  }
}

/** The bit positions of the 48-bit `magic`. */
export function findBits(bytes: Buffer, magic: bigint): number[] {
  const found: number[] = []
  for (let shift = 0; shift < 8; shift++) {
    // At any bit offset, five of the bytes are fixed. With `shift` 0, the first and last byte are fixed as
    // well.
    const whole = Buffer.alloc(5)
    whole.writeUIntBE(Number((magic >> BigInt(shift)) & 0xffffffffffn), 0, 5)
    for (let at = bytes.indexOf(whole); at >= 0; at = bytes.indexOf(whole, at + 1)) {
      const bit = (at + 5) * 8 + shift - magicBits
      if (bit >= 0 && bitsAt(bytes, bit, magicBits) === magic) found.push(bit)
    }
  }
  return found.sort((a, b) => a - b)
}

/** `count` bits (at most 48) from bit `at` on, with zeros after the end. */
function bitsAt(bytes: Buffer, at: number, count: number): bigint {
  const first = at >> 3
  let value = 0n
  for (let i = 0; i < 7; i++) value = (value << 8n) | BigInt(bytes[first + i] ?? 0)
  return (value >> BigInt(56 - (at & 7) - count)) & ((1n << BigInt(count)) - 1n)
}

export function asStream(bytes: Buffer, start: number, end: number): Buffer {
  const output = Buffer.alloc(4 + Math.ceil((end - start + magicBits + checksumBits) / 8))
  output.write('BZh9', 'latin1')
  const shift = start & 7
  const first = start >> 3
  const length = Math.ceil((end - start) / 8)
  for (let i = 0; i < length; i++) {
    const here = bytes[first + i] as number
    const next = bytes[first + i + 1] ?? 0
    output[4 + i] = ((here << shift) | (next >> (8 - shift))) & 0xff
  }
  const tail = (end - start) & 7
  if (tail > 0) output[3 + length] = (output[3 + length] as number) & (0xff << (8 - tail))
  const checksum = bitsAt(bytes, start + magicBits, checksumBits)
  let bit = 32 + end - start
  const put = (value: bigint, count: number): void => {
    for (let i = count - 1; i >= 0; i--, bit++) {
      if ((value >> BigInt(i)) & 1n) output[bit >> 3] = (output[bit >> 3] as number) | (0x80 >> (bit & 7))
    }
  }
  put(endMagic, magicBits)
  put(checksum, checksumBits)
  return output
}
