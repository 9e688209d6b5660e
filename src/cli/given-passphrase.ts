/** The passphrase that a call or its environment gives. */

import fs from 'node:fs'
import { isUtf8 } from 'node:buffer'
import { ButcherError, systemText } from '../errors.ts'
import { shellLine } from '../programs/shell-line.ts'
import { text } from './arguments.ts'
import type { Arguments } from './command.ts'
import { usageError } from './split-words.ts'

export const passphraseVariable = 'BUTCHER_PASSPHRASE'
const passphraseFileVariable = 'BUTCHER_PASSPHRASE_FILE'

const ways = ['passphrase', 'passphrase-file', 'passphrase-command'] as const

/** An option wins over the environment. Throws `usage`, or `secret` if the command fails. */
export async function givenPassphrase(
  args: Arguments,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const [first, second] = ways.filter((name) => text(args, name) !== undefined)
  if (second !== undefined) throw usageError(`give one of --${first} and --${second}, not both`)
  const value = first && text(args, first)
  if (value === undefined) return fromEnvironment()
  if (value === '') throw usageError('the passphrase is empty')
  if (first === 'passphrase') return value
  return first === 'passphrase-file' ? passphraseIn(value) : passphraseBy(value, signal)
}

async function fromEnvironment(): Promise<string | undefined> {
  const passphrase = process.env[passphraseVariable]
  const file = process.env[passphraseFileVariable]
  if (passphrase !== undefined && file !== undefined) {
    throw usageError(`${passphraseVariable} and ${passphraseFileVariable} are both set`, 'unset one of them')
  }
  if (passphrase === '' || file === '') {
    const name = file === '' ? passphraseFileVariable : passphraseVariable
    throw usageError(`${name} is empty`, 'unset it to work without a passphrase')
  }
  return file === undefined ? passphrase : passphraseIn(file)
}

/** Read without blocking: the file may be a pipe that nobody writes to, and the user must be able to stop. */
async function passphraseIn(file: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await fs.promises.readFile(file)
  } catch (cause) {
    throw usageError(`cannot read the passphrase file ${file}: ${systemText(cause)}`)
  }
  const newline = bytes.indexOf('\n')
  const line = newline < 0 ? bytes : bytes.subarray(0, newline)
  const trouble = troubleOf(line)
  if (trouble !== undefined) throw usageError(`the first line of the passphrase file ${file} ${trouble}`)
  return line.toString('utf8')
}

/** The command is not shown: a passphrase may be in it. */
async function passphraseBy(command: string, signal: AbortSignal | undefined): Promise<string> {
  const failure = (why: string, cause?: unknown): ButcherError =>
    new ButcherError('secret', `the command of --passphrase-command failed: ${why}`, { cause })
  let line: Buffer
  try {
    line = await shellLine(command, signal)
  } catch (error) {
    if (error instanceof ButcherError && error.code === 'aborted') throw error
    throw failure(systemText(error), error)
  }
  const trouble = troubleOf(line)
  if (trouble !== undefined) throw failure(`its first line ${trouble}`)
  return line.toString('utf8')
}

/** gpg also takes the line so: all of it, without its newline. */
const troubleOf = (line: Buffer): string | undefined =>
  line.length === 0 ? 'is empty' : isUtf8(line) ? undefined : 'is not UTF-8'
