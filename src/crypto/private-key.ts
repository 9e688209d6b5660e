import fs from 'node:fs'
import type * as OpenPgp from 'openpgp'
import { asButcherError, ButcherError } from '../errors.ts'
import type { Secrets } from './secrets.ts'

/**
 * What of the secrets opens messages, with the private key read and unlocked: `privateKey` is then armored text that needs no passphrase,
 * fit to be handed to other threads. Throws `secret` where it is no private key, or is locked by another passphrase.
 */
export async function unlockSecrets(secrets: Secrets): Promise<Secrets> {
  const passphrase = secrets.passphrase === undefined ? {} : { passphrase: secrets.passphrase }
  if (secrets.privateKey === undefined) return passphrase
  const keys = await readPrivateKeys(secrets.privateKey)
  const name = keyName(secrets.privateKey)
  const unlocked: string[] = []
  for (const key of keys) unlocked.push((await unlock(key, secrets.passphrase, name)).armor())
  return { ...passphrase, privateKey: unlocked.join('\n') }
}

/** Private keys: a file, armored or binary, or armored text, of one block or several. Throws `secret`. */
export async function readPrivateKeys(given: string): Promise<OpenPgp.PrivateKey[]> {
  const bytes = isArmored(given) ? Buffer.from(given) : readKeyFile(given)
  const text = bytes.toString('latin1')
  const openpgp = await import('openpgp')
  try {
    if (!isArmored(text)) return await openpgp.readPrivateKeys({ binaryKeys: new Uint8Array(bytes) })
    const blocks = text.match(/-----BEGIN PGP [^]*?-----END PGP [^\n]*-----/g) ?? []
    const keys = await Promise.all(blocks.map((block) => openpgp.readPrivateKeys({ armoredKeys: block })))
    return keys.flat()
  } catch (cause) {
    throw new ButcherError('secret', `${keyName(given)} is no OpenPGP private key`, {
      hint: 'give a key as gpg --export-secret-keys --armor writes it',
      cause,
    })
  }
}

async function unlock(
  key: OpenPgp.PrivateKey,
  passphrase: string | undefined,
  name: string,
): Promise<OpenPgp.PrivateKey> {
  // A key whose primary part is kept elsewhere (gpg's stub) counts as locked, but its subkeys open messages.
  const locked = key
    .getKeys()
    .some((part) => 'isDecrypted' in part.keyPacket && part.keyPacket.isDecrypted() === false)
  if (!locked) return key
  if (passphrase === undefined) {
    throw new ButcherError('secret', `${name} is locked by a passphrase`, {
      hint: 'give it too: --passphrase-file',
    })
  }
  const openpgp = await import('openpgp')
  try {
    return await openpgp.decryptKey({ privateKey: key, passphrase })
  } catch (cause) {
    throw new ButcherError('secret', `the passphrase does not unlock ${name}`, { cause })
  }
}

function readKeyFile(file: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    const { message, cause } = asButcherError(error, 'cannot read the private key', file)
    throw new ButcherError('secret', message, { path: file, cause })
  }
}

const isArmored = (text: string): boolean => text.includes('-----BEGIN PGP ')

const keyName = (given: string): string => (isArmored(given) ? 'the private key' : `the private key ${given}`)
