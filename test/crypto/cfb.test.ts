import { createCipheriv, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { CfbDecryption } from '../../src/crypto/cfb.ts'
import { noise } from '../support/sample-trees.ts'

test.each([16, 24, 32])("decrypts OpenSSL's CFB with a key of %d bytes, whatever the pieces", (keyBytes) => {
  const key = randomBytes(keyBytes)
  const vector = randomBytes(16)
  for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 1000, 100_003]) {
    const plain = noise(length, length)
    const encrypted = createCipheriv(`aes-${keyBytes * 8}-cfb`, key, vector).update(plain)
    for (const piece of [1, 7, 16, 40, 65_537, length + 1]) {
      if (length / piece > 5000) continue
      const decryption = new CfbDecryption(key, vector)
      const pieces: Buffer[] = []
      // Odd offsets in memory too.
      for (let at = 0; at < length; at += piece)
        pieces.push(decryption.update(encrypted.subarray(at, at + piece), 24).subarray(24))
      pieces.push(decryption.final())
      expect(Buffer.concat(pieces).equals(plain)).toBe(true)
    }
  }
})

test("without a vector it is OpenPGP's block of zeros", () => {
  const key = randomBytes(32)
  const encrypted = createCipheriv('aes-256-cfb', key, Buffer.alloc(16)).update('sixteen bytes ..')
  expect(new CfbDecryption(key).update(encrypted).toString()).toBe('sixteen bytes ..')
})
