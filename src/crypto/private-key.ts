import fs from 'node:fs'
import type * as OpenPgp from 'openpgp'
import { asButcherError, ButcherError } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { armoredBlocks } from './armored-blocks.ts'
import { loadOpenPgp } from './openpgp.ts'
import { otherForms, reportForm } from './passphrase-forms.ts'
import type { OpenedSecrets, Secrets, SecretsOpener } from './secrets.ts'

/**
 * Reads and unlocks the private key. A verb does this once, because the file may be a pipe. `report` gets a
 * warning if only another form of the passphrase unlocks it. Throws `secret` if it is not a private key, or
 * has another passphrase, and `key` if the file has none of its parts.
 */
export async function openSecrets(
  { passphrase, privateKey }: Secrets,
  report: Report = silent,
): Promise<OpenedSecrets> {
  const opened = passphrase === undefined ? {} : { passphrase }
  if (privateKey === undefined) return opened
  const keys = await readPrivateKeys(privateKey)
  await unlock(keys, passphrase, keyName(privateKey), report)
  return { ...opened, unlockedKeys: keys.map((key) => key.armor()) }
}

/** Opens the secrets at the first call. Later calls get the same: a verb in rounds asks no key file twice. */
export function secretsOpener(secrets: Secrets): SecretsOpener {
  let opened: Promise<OpenedSecrets> | undefined
  return (report) => (opened ??= openSecrets(secrets, report))
}

/** The keys of `OpenedSecrets`, parsed. */
export async function parseUnlockedKeys(armored: readonly string[]): Promise<OpenPgp.PrivateKey[]> {
  const { readPrivateKeys: parse } = await loadOpenPgp()
  return (await Promise.all(armored.map((armoredKeys) => parse({ armoredKeys })))).flat()
}

/** Private keys: a file, armored or binary, or armored text, of one block or several. Throws `secret`. */
async function readPrivateKeys(given: string): Promise<OpenPgp.PrivateKey[]> {
  const bytes = isArmored(given) ? Buffer.from(given) : await readKeyFile(given)
  const blocks = armoredBlocks(bytes.toString('latin1'))
  const openpgp = await loadOpenPgp()
  try {
    if (blocks === undefined) return await openpgp.readPrivateKeys({ binaryKeys: new Uint8Array(bytes) })
    const keys = await Promise.all(blocks.map((block) => openpgp.readPrivateKeys({ armoredKeys: block })))
    return keys.flat()
  } catch (cause) {
    throw new ButcherError('secret', `${keyName(given)} is not an OpenPGP private key`, {
      hint: 'give a key as gpg --export-secret-keys --armor writes it',
      cause,
    })
  }
}

/** A part that gpg keeps elsewhere, as on a card, is only a stub in the file: it is skipped. */
async function unlock(
  keys: readonly OpenPgp.PrivateKey[],
  passphrase: string | undefined,
  name: string,
  report: Report,
): Promise<void> {
  const parts = keys.flatMap((key) => key.getKeys()).map(({ keyPacket }) => keyPacket as SecretPart)
  const present = parts.filter((part) => !part.isMissingSecretKeyMaterial())
  if (present.length === 0) throw onlyStubs(name)
  const locked = present.filter((part) => part.isDecrypted() === false)
  // A locked part may not be needed. If it is, the message that needs it reports that.
  if (locked.length === 0 || (passphrase === undefined && locked.length < present.length)) return
  if (passphrase === undefined) {
    throw new ButcherError('secret', `${name} is locked by a passphrase`, {
      hint: 'give it as well: --passphrase-file',
      passphraseOf: name,
    })
  }
  let cause: unknown
  const opens = async (part: SecretPart, text: string): Promise<boolean> => {
    try {
      await part.decrypt(text)
      return true
    } catch (error) {
      cause ??= error
      return false
    }
  }
  let isOpen = false
  for (const part of locked) if (await opens(part, passphrase)) isOpen = true
  const [first] = locked
  if (isOpen || !first) return
  for (const form of otherForms(passphrase)) {
    if (!(await opens(first, form.text))) continue
    reportForm(report, form, name)
    for (const part of locked.slice(1)) await opens(part, form.text)
    return
  }
  if (locked.length < present.length) return
  throw new ButcherError('secret', `the passphrase does not unlock ${name}`, {
    passphraseOf: name,
    cause,
  })
}

type SecretPart = OpenPgp.SecretKeyPacket | OpenPgp.SecretSubkeyPacket

const onlyStubs = (name: string): ButcherError =>
  new ButcherError('key', `${name} holds only stubs: its parts are on a card, or kept elsewhere`, {
    hint: 'give a file with the secret parts, or restore by hand with restore.sh, where gpg uses the card',
  })

/** Asynchronous: the file may be a pipe without a writer, and the user must be able to stop. */
async function readKeyFile(file: string): Promise<Buffer> {
  try {
    return await fs.promises.readFile(file)
  } catch (error) {
    const { message, cause } = asButcherError(error, 'cannot read the private key', file)
    throw new ButcherError('secret', message, { path: file, cause })
  }
}

const isArmored = (text: string): boolean => text.includes('-----BEGIN PGP ')

const keyName = (given: string): string => (isArmored(given) ? 'the private key' : `the private key ${given}`)
