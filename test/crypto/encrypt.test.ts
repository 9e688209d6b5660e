import { randomBytes } from 'node:crypto'
import * as openpgp from 'openpgp'
import { expect, test } from 'vitest'
import { encryptBytes, encryptionOverhead, encryptor } from '../../src/crypto/encrypt.ts'
import { decryptByGpg } from '../support/backup-set.ts'
import { noise } from '../support/sample-trees.ts'

const passphrase = 'pässphrase'
const piece = 65_536

/** Around the ends of pieces, of what is held back, and of a round. */
const lengths = [
  0,
  1,
  15,
  16,
  17,
  100,
  piece - 7,
  piece - 6,
  piece - 5,
  piece,
  2 * piece,
  6 * piece - 7,
].concat([6 * piece, 6 * piece + 1, 10 * piece, 3_000_000])

test.each(lengths)('%i bytes, in pieces of any length, are what gpg decrypts', async (length) => {
  const data = noise(length, 1)
  const pieces: Buffer[] = []
  const message = await encryptor({ passphrase }, (some) => pieces.push(Buffer.from(some)))
  for (let done = 0, step = 1; done < length; done += step, step = step * 3 + 1)
    message.write(data.subarray(done, done + step))
  message.end()
  const whole = Buffer.concat(pieces)
  expect(decryptByGpg(whole, passphrase).equals(data)).toBe(true)
  expect(whole.length - length).toBeLessThanOrEqual(encryptionOverhead({ passphrase }, length))
})

test('OpenPGP.js finds it sound, and the same content twice gives other bytes', async () => {
  const data = randomBytes(1_000_000)
  const [one, two] = [await encryptBytes({ passphrase }, data), await encryptBytes({ passphrase }, data)]
  expect(one.equals(two)).toBe(false)
  const message = await openpgp.readMessage({ binaryMessage: new Uint8Array(one) })
  const { data: content } = await openpgp.decrypt({ message, passwords: passphrase, format: 'binary' })
  expect(data.equals(content as Uint8Array)).toBe(true)
})
