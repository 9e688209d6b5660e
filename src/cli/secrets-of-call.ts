/** Passphrase and keys, from the options, the environment or the terminal. */

import fs from 'node:fs'
import { armored } from '../crypto/armored-blocks.ts'
import { asButcherError, ButcherError, theSet } from '../errors.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { showPath } from '../format/path-text.ts'
import { flag, list, text } from './arguments.ts'
import type { Arguments } from './command.ts'
import { askSecret, canAsk, dropTyping } from './ask.ts'
import type { Call } from './command.ts'
import { givenPassphrase, passphraseVariable } from './given-passphrase.ts'
import { usageError } from './split-words.ts'

type Asker = Pick<Call, 'args' | 'reporter' | 'signal'>

/** How often a passphrase may be typed. */
const tries = 3

/**
 * The secrets that the options and the environment of a call name. Throws `usage`, or `io` for a key in a
 * pipe.
 */
export async function secretsOf({ args, signal }: Pick<Call, 'args' | 'signal'>): Promise<Secrets> {
  const passphrase = await givenPassphrase(args, signal)
  const recipients: string[] = []
  for (const key of list(args, 'recipient')) recipients.push(await readIfPipe(key))
  const file = text(args, 'private-key')
  const privateKey = file === undefined ? undefined : await readIfPipe(file)
  return {
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(recipients.length === 0 ? {} : { recipients }),
    ...(privateKey === undefined ? {} : { privateKey }),
  }
}

/**
 * A pipe can be read only once, but the work is tried again with another passphrase. Other keys stay files.
 */
async function readIfPipe(key: string): Promise<string> {
  if (!isPipe(key)) return key
  let bytes: Buffer
  try {
    bytes = await fs.promises.readFile(key)
  } catch (error) {
    throw asButcherError(error, 'cannot read the key', key)
  }
  return armored(bytes)
}

function isPipe(key: string): boolean {
  try {
    return fs.statSync(key).isFIFO()
  } catch {
    return false // the text of a key, or a file whose opening fails
  }
}

/** Asks twice for the passphrase of a set that begins. Throws `usage` without a terminal. */
export async function askNewPassphrase({ args, signal, reporter }: Asker): Promise<string> {
  refuseSilence(args)
  return ask(reporter, async () => {
    const passphrase = await askSecret('New passphrase (if you lose it, the backup is lost): ', signal)
    if (passphrase === '') throw refused('the passphrase is empty')
    if ((await askSecret('Repeat passphrase: ', signal)) !== passphrase) {
      throw refused('the two passphrases differ')
    }
    return passphrase
  })
}

/** Throws `usage` for `--encrypt` without a passphrase and without a terminal to ask on. */
export function refuseSilence(args: Arguments): void {
  if (!flag(args, 'encrypt') || canAsk()) return
  throw usageError(
    '--encrypt asks for the passphrase on a terminal, and there is none',
    `give --passphrase-file or ${passphraseVariable}`,
  )
}

/**
 * Does `work`. If it needs a passphrase and none was given, asks up to three times for the one of `place`. An
 * empty answer counts as a wrong one, or runs `without`.
 */
export async function withSecrets<T>(
  { reporter, signal }: Asker,
  place: string,
  secrets: Secrets,
  work: (secrets: Secrets) => Promise<T>,
  without?: () => Promise<T>,
): Promise<T> {
  let missing: ButcherError
  try {
    return await work(secrets)
  } catch (error) {
    if (!isOfPassphrase(error) || secrets.passphrase !== undefined || !canAsk()) throw error
    missing = error
  }
  reporter.pause()
  const of = missing.passphraseOf === theSet ? place : (missing.passphraseOf ?? place)
  return ask(reporter, async () => {
    const passphrase = await askSecret(showPath(`Passphrase for ${of}: `), signal)
    if (passphrase !== '') return work({ ...secrets, passphrase })
    if (without) return without()
    throw refused('the passphrase is empty')
  })
}

const isOfPassphrase = (error: unknown): error is ButcherError =>
  error instanceof ButcherError && error.passphraseOf !== undefined

const refused = (message: string): ButcherError =>
  new ButcherError('secret', message, { passphraseOf: theSet })

/** Asks again while another passphrase may help. After the last try, typed words do not reach the shell. */
async function ask<T>(reporter: Asker['reporter'], attempt: () => Promise<T>): Promise<T> {
  for (let left = tries - 1; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (!isOfPassphrase(error)) throw error
      reporter.pause()
      if (left === 0) {
        await dropTyping()
        throw error
      }
      const why = error.message.startsWith('the ') ? sentence(error.message) : 'Wrong passphrase'
      reporter.tell(showPath(`${why}, try again (${left} left)`))
    }
  }
}

const sentence = (words: string): string => `${words[0]?.toUpperCase()}${words.slice(1)}`
