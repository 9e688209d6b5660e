/** Bytes, numbers and text as if by chance, the same for the same seed on every machine. */

import { createCipheriv, createHash } from 'node:crypto'

/** Bytes that nothing compresses: the key stream of AES in counter mode, some GB a second. */
export function seededBytes(seed: string): (size: number) => Buffer {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16, 32))
  return (size) => cipher.update(Buffer.alloc(size))
}

/** Numbers of 0 to below 1 (mulberry32). */
export function seededNumbers(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readInt32LE()
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const letters = 'eeeeeetttttaaaaoooiiinnnsssrrhhlldducmfpgwybvk'
const vocabularySize = 4096

/** Text of made-up words, a few of them frequent, as in any language: bzip2 makes about a third of it. */
export function seededText(seed: string): (size: number) => Buffer {
  const next = seededNumbers(seed)
  const words = Array.from({ length: vocabularySize }, (_, rank) => {
    const length = 2 + Math.floor(next() * (2 + Math.log2(rank + 2)))
    const word = Array.from({ length }, () => letters[Math.floor(next() * letters.length)]).join('')
    return Buffer.from(`${word}${next() < 0.1 ? '.\n' : ' '}`)
  })
  return (size) => {
    const text = Buffer.allocUnsafe(size)
    let at = 0
    while (at < size) {
      // The frequency of a word falls with its rank, as Zipf says.
      const word = words[Math.floor(vocabularySize ** next()) - 1] as Buffer
      at += word.copy(text, at)
    }
    return text
  }
}
