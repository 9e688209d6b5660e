/** The sum of all bytes, four at a time. */

const mask = 0x00ff_00ff
/** So many words before one half of 16 bits could overflow: each takes two bytes of a word. */
const mostWords = 128

export class ByteSum {
  total = 0

  add(bytes: Uint8Array): void {
    const start = Math.min(bytes.length, (4 - (bytes.byteOffset % 4)) % 4)
    const words = new Uint32Array(
      bytes.buffer,
      start === bytes.length ? 0 : bytes.byteOffset + start,
      (bytes.length - start) >>> 2,
    )
    let sum = 0
    for (let at = 0; at < words.length; at += mostWords) {
      const end = Math.min(words.length, at + mostWords)
      let halves = 0
      for (let i = at; i < end; i++) {
        const word = words[i] as number
        halves += (word & mask) + ((word >>> 8) & mask)
      }
      sum += (halves & 0xffff) + (halves >>> 16)
    }
    for (let i = 0; i < start; i++) sum += bytes[i] as number
    for (let i = start + words.length * 4; i < bytes.length; i++) sum += bytes[i] as number
    this.total += sum
  }
}
