import fs from 'node:fs'
import type { Key } from 'openpgp'
import { asButcherError, ButcherError } from '../errors.ts'
import { checkRecipient } from './encrypt.ts'

export interface Recipient {
  readonly armoredKey: string
  /** Lower-case hex. */
  readonly fingerprint: string
}

/**
 * Reads public keys: each a file, armored or binary, or the armored text itself; a file may hold several keys. Private
 * keys are taken by their public half. Throws `secret`, naming the file.
 */
export async function readRecipients(keys: readonly string[]): Promise<Recipient[]> {
  const recipients: Recipient[] = []
  if (keys.length === 0) return recipients
  const { readKeys } = await import('openpgp')
  for (const given of keys) {
    const isText = given.includes('-----BEGIN PGP')
    const name = isText ? 'the recipient' : given
    let found: Key[]
    try {
      found = isText ? await readKeys({ armoredKeys: given }) : await readKeyFile(given)
    } catch (error) {
      throw error instanceof ButcherError ? error : notAKey(name, error)
    }
    if (found.length === 0) throw notAKey(name)
    for (const key of found) {
      const armoredKey = key.toPublic().armor()
      recipients.push({ armoredKey, fingerprint: await checkRecipient(armoredKey, name) })
    }
  }
  return recipients
}

async function readKeyFile(file: string): Promise<Key[]> {
  let bytes: Buffer
  try {
    bytes = fs.readFileSync(file)
  } catch (error) {
    throw asButcherError(error, 'cannot read the key', file)
  }
  const text = bytes.toString('latin1')
  const { readKeys } = await import('openpgp')
  return text.includes('-----BEGIN PGP') ? readKeys({ armoredKeys: text }) : readKeys({ binaryKeys: bytes })
}

const notAKey = (name: string, cause?: unknown): ButcherError =>
  new ButcherError('secret', `${name} is no OpenPGP public key`, {
    hint: 'give a key as gpg --export --armor writes it',
    cause,
  })
