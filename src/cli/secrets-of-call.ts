/** Passphrase and keys, from the options, the environment or the terminal. */

import fs from 'node:fs'
import { isUtf8 } from 'node:buffer'
import { ButcherError, systemText } from '../errors.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { type Arguments, flag, list, text } from './arguments.ts'
import { askSecret, canAsk } from './ask.ts'
import { usageError } from './split-words.ts'

const variable = 'BUTCHER_PASSPHRASE'

/**
 * The secrets that a call names; with `--encrypt` and none given the passphrase is asked for, twice where a set begins.
 * Throws `usage`.
 */
export async function secretsOf(args: Arguments, begins: () => boolean = () => false): Promise<Secrets> {
  const passphrase =
    (await givenPassphrase(args)) ?? (flag(args, 'encrypt') ? await askPassphrase(begins()) : undefined)
  const recipients = list(args, 'recipient')
  const privateKey = text(args, 'private-key')
  return {
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(recipients.length === 0 ? {} : { recipients }),
    ...(privateKey === undefined ? {} : { privateKey }),
  }
}

/**
 * Does `work`; where it turns out to want a passphrase and none was given, asks for it once and does it again. An empty
 * answer fails, or does `without`.
 */
export async function withSecrets<T>(
  secrets: Secrets,
  work: (secrets: Secrets) => Promise<T>,
  beforeAsking: () => void = () => {},
  without?: () => Promise<T>,
): Promise<T> {
  try {
    return await work(secrets)
  } catch (error) {
    const wants = error instanceof ButcherError && error.code === 'secret'
    if (!wants || secrets.passphrase !== undefined || secrets.recipients || !canAsk()) throw error
    beforeAsking()
    const passphrase = await askSecret(secrets.privateKey ? 'passphrase of the key: ' : 'passphrase: ')
    if (passphrase !== '') return work({ ...secrets, passphrase })
    if (without) return without()
    throw error
  }
}

async function givenPassphrase(args: Arguments): Promise<string | undefined> {
  const literal = text(args, 'passphrase')
  const file = text(args, 'passphrase-file')
  if (literal !== undefined && file !== undefined) {
    throw usageError('give one of --passphrase and --passphrase-file, not both')
  }
  if (literal === '') throw usageError('the passphrase is empty')
  if (literal !== undefined) return literal
  if (file !== undefined) return passphraseIn(file)
  const fromEnvironment = process.env[variable]
  if (fromEnvironment === '')
    throw usageError(`${variable} is empty`, 'unset it to work without a passphrase')
  return fromEnvironment
}

/**
 * The first line, as gpg reads it: without its newline, and with everything else. Read without blocking: the file may be a
 * pipe that nobody writes to, and the user must be able to stop.
 */
async function passphraseIn(file: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await fs.promises.readFile(file)
  } catch (cause) {
    throw usageError(`cannot read the passphrase file ${file}: ${systemText(cause)}`)
  }
  const newline = bytes.indexOf('\n')
  const line = newline < 0 ? bytes : bytes.subarray(0, newline)
  if (line.length === 0) throw usageError(`the first line of the passphrase file ${file} is empty`)
  if (!isUtf8(line)) throw usageError(`the first line of the passphrase file ${file} is not UTF-8`)
  return line.toString('utf8')
}

async function askPassphrase(twice: boolean): Promise<string> {
  if (!canAsk()) {
    throw usageError(
      '--encrypt asks for the passphrase on a terminal, and there is none',
      `give --passphrase-file or ${variable}`,
    )
  }
  const passphrase = await askSecret(twice ? 'passphrase (without it nothing comes back): ' : 'passphrase: ')
  if (passphrase === '') throw usageError('the passphrase is empty')
  if (twice && (await askSecret('the same again: ')) !== passphrase) {
    throw usageError('the two passphrases differ')
  }
  return passphrase
}
