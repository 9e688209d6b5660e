/** Public keys to encrypt to, as the user gives them, and their newer copies. */

import fs from 'node:fs'
import type { Key, PublicKey } from 'openpgp'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { armoredBlocks } from './armored-blocks.ts'
import { configOf, loadOpenPgp } from './openpgp.ts'

export interface Recipient {
  readonly armoredKey: string
  /** Lower-case hex. */
  readonly fingerprint: string
  /** Its name in errors. */
  readonly name: string
}

/**
 * Reads public keys. Each is a file, armored or binary, or the armored text itself; a file may hold several
 * keys. For private keys, the public half is used. Throws `secret` with the name of the file.
 */
export async function readRecipients(keys: readonly string[]): Promise<Recipient[]> {
  const recipients: Recipient[] = []
  for (const given of keys) {
    const isText = given.includes('-----BEGIN PGP')
    const name = isText ? 'the recipient' : given
    for (const key of await keysIn(isText ? Buffer.from(given) : await readKeyFile(given), name)) {
      recipients.push({ armoredKey: key.toPublic().armor(), fingerprint: key.getFingerprint(), name })
    }
  }
  return recipients
}

async function keysIn(bytes: Buffer, name: string): Promise<Key[]> {
  const { readKeys, unarmor } = await loadOpenPgp()
  const blocks = armoredBlocks(bytes.toString('latin1'))
  const found: Key[] = []
  let count = 0
  try {
    for (const block of blocks ?? [bytes]) {
      const binaryKeys = typeof block === 'string' ? ((await unarmor(block)).data as Uint8Array) : block
      count += primaryKeys(binaryKeys)
      found.push(...(await readKeys({ binaryKeys })))
    }
  } catch (cause) {
    throw count > 0 ? ofOtherKind(name, cause) : notAKey(name, cause)
  }
  if (found.length < count) throw ofOtherKind(name)
  if (found.length === 0) throw notAKey(name)
  return found
}

/** Asynchronous: the file may be a pipe without a writer, and the user must be able to stop. */
async function readKeyFile(file: string): Promise<Buffer> {
  try {
    return await fs.promises.readFile(file)
  } catch (error) {
    // gpg takes key names, butcher takes files.
    if (systemCode(error) === 'ENOENT') {
      throw new ButcherError('io', `cannot read the key ${file}: no such file or directory`, {
        path: file,
        hint: `give a file: gpg --export --armor ${/^[\w.@+-]+$/.test(file) ? file : 'NAME'} > key.pub makes it from gpg's keyring`,
        cause: error,
      })
    }
    throw asButcherError(error, 'cannot read the key', file)
  }
}

/** `stored`, updated from `given`, another copy of the same key: a later end, new parts, revocations. */
export async function mergedKey(stored: PublicKey, given: Key): Promise<PublicKey> {
  return stored.update(given.toPublic(), undefined, configOf(await loadOpenPgp()))
}

const notAKey = (name: string, cause?: unknown): ButcherError =>
  new ButcherError('secret', `${name} is not an OpenPGP public key`, {
    hint: 'give a key as gpg --export --armor writes it',
    cause,
  })

/** OpenPGP.js skips keys of unknown kinds: a recipient would be missing without notice. */
const ofOtherKind = (name: string, cause?: unknown): ButcherError =>
  new ButcherError('key', `cannot encrypt to ${name}: it holds a key of a kind that butcher does not know`, {
    hint: 'docs/keys.md lists the kinds; gpg --quick-generate-key NAME rsa3072 makes one of them',
    cause,
  })

const primaryTags = [5, 6]

/** The number of keys that begin in `bytes`, as far as they are packets (RFC 9580, 4.2). */
function primaryKeys(bytes: Uint8Array): number {
  let count = 0
  for (let at = 0; at < bytes.length;) {
    const [first = 0, a = 0, b = 0, c = 0, d = 0, e = 0] = bytes.subarray(at, at + 6)
    if ((first & 0x80) === 0) break
    const isNew = (first & 0x40) !== 0
    if (primaryTags.includes(isNew ? first & 63 : (first >> 2) & 15)) count++
    if (!isNew) {
      const octets = [1, 2, 4, 0][first & 3] as number
      if (octets === 0) break
      at += 1 + octets + [a, (a << 8) | b, ((a << 24) | (b << 16) | (c << 8) | d) >>> 0][first & 3]!
    } else if (a < 192) at += 2 + a
    else if (a < 224) at += 3 + ((a - 192) << 8) + b + 192
    else if (a === 255) at += 6 + (((b << 24) | (c << 16) | (d << 8) | e) >>> 0)
    else break
  }
  return count
}
