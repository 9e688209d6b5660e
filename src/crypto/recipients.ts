/** Public keys to encrypt to, as the user gives them, and as they become newer. */

import fs from 'node:fs'
import type { Key, PublicKey } from 'openpgp'
import { asButcherError, ButcherError } from '../errors.ts'
import { armoredBlocks } from './armored-blocks.ts'
import { configOf, loadOpenPgp } from './openpgp.ts'

export interface Recipient {
  readonly armoredKey: string
  /** Lower-case hex. */
  readonly fingerprint: string
  /** What errors call it. */
  readonly name: string
}

/**
 * Reads public keys: each a file, armored or binary, or the armored text itself; a file may hold several keys. Private
 * keys are taken by their public half. Throws `secret`, naming the file.
 */
export async function readRecipients(keys: readonly string[]): Promise<Recipient[]> {
  const recipients: Recipient[] = []
  for (const given of keys) {
    const isText = given.includes('-----BEGIN PGP')
    const name = isText ? 'the recipient' : given
    for (const key of await keysIn(isText ? Buffer.from(given) : keyFile(given), name)) {
      recipients.push({ armoredKey: key.toPublic().armor(), fingerprint: key.getFingerprint(), name })
    }
  }
  return recipients
}

async function keysIn(bytes: Buffer, name: string): Promise<Key[]> {
  const { readKeys } = await loadOpenPgp()
  const blocks = armoredBlocks(bytes.toString('latin1'))
  const found: Key[] = []
  try {
    if (blocks === undefined) found.push(...(await readKeys({ binaryKeys: bytes })))
    for (const armoredKeys of blocks ?? []) found.push(...(await readKeys({ armoredKeys })))
  } catch (cause) {
    throw notAKey(name, bytes, cause)
  }
  if (found.length === 0) throw notAKey(name, bytes)
  return found
}

function keyFile(file: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    throw asButcherError(error, 'cannot read the key', file)
  }
}

/** `stored` with what `given`, another copy of the same key, knows besides: a later end, new parts, revocations. */
export async function mergedKey(stored: PublicKey, given: Key): Promise<PublicKey> {
  return stored.update(given.toPublic(), undefined, configOf(await loadOpenPgp()))
}

function notAKey(name: string, bytes: Buffer, cause?: unknown): ButcherError {
  // OpenPGP.js passes over packets that it does not know: then there is no key, or nothing at all.
  const isOfOtherKind =
    cause instanceof Error && /no key packet|unknown|unsupported|support for/i.test(cause.message)
  return isOfOtherKind && isKey(bytes)
    ? new ButcherError('key', `cannot encrypt to ${name}: it is a key of a kind that butcher does not know`, {
        hint: 'docs/keys.md lists the kinds; gpg --quick-generate-key NAME rsa3072 makes one of them',
        cause,
      })
    : new ButcherError('secret', `${name} is no OpenPGP public key`, {
        hint: 'give a key as gpg --export --armor writes it',
        cause,
      })
}

const keyTags = [5, 6]

function isKey(bytes: Buffer): boolean {
  const [first = 0] = bytes
  const tag = (first & 0x40) === 0 ? (first >> 2) & 15 : first & 63
  return (
    ((first & 0x80) !== 0 && keyTags.includes(tag)) ||
    /-----BEGIN PGP (PUBLIC|PRIVATE) KEY/.test(bytes.toString('latin1'))
  )
}
