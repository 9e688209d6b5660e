/**
 * Splits the words of a call as getopt does. `--name value` and `--name=value` are the same, `--` ends the
 * options, and a value may begin with a dash.
 */

import fs from 'node:fs'
import { ButcherError } from '../errors.ts'
import { pathFromBytes } from '../format/path-text.ts'
import { isOptionName, optionSpec, type OptionName } from './options.ts'

export interface SplitWords {
  readonly options: readonly { readonly name: OptionName; readonly value: string | undefined }[]
  /** Options that no command has, as they were written. */
  readonly unknown: readonly string[]
  readonly positionals: readonly string[]
  readonly help: boolean
  readonly version: boolean
  /** The fault in the options, in words. It is reported after help and unknown options. */
  readonly wrong: readonly string[]
}

export function splitWords(words: readonly string[]): SplitWords {
  const options: { name: OptionName; value: string | undefined }[] = []
  const unknown: string[] = []
  const positionals: string[] = []
  const wrong: string[] = []
  let help = false
  let version = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') {
      positionals.push(...words.slice(i + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      positionals.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const written = equals < 0 ? word : word.slice(0, equals)
    let value = equals < 0 ? undefined : word.slice(equals + 1)
    const name = written.slice(2)
    if (written === '--help' || written === '-h') help = true
    else if (written === '--version' || written === '-V') version = true
    else if (!written.startsWith('--') || !isOptionName(name)) unknown.push(written)
    else if (isFlagIn(name, positionals)) {
      const mayHaveValue = optionSpec(name).mayHaveValue === true
      if (value !== undefined && !mayHaveValue) wrong.push(`--${name} takes no value`)
      if (value === '' && mayHaveValue) wrong.push(`--${name} is empty`)
      options.push({ name, value: mayHaveValue ? value : undefined })
    } else {
      if (value === undefined && i + 1 < words.length && !isKnownOption(words[i + 1])) value = words[++i]
      if (value === undefined) wrong.push(`--${name} needs a value`)
      else if (value === '' && !optionSpec(name).mayBeEmpty) wrong.push(`--${name} is empty`)
      else {
        options.push({ name, value })
        if (!takesTwo(name)) continue
        // The second word stands behind the first as a value of its own.
        const second = i + 1 < words.length && !isKnownOption(words[i + 1]) ? words[++i] : undefined
        if (second === undefined) wrong.push(`--${name} needs two values: ${optionSpec(name).value}`)
        options.push({ name, value: second ?? '' })
      }
    }
  }
  return { options, unknown, positionals, help, version, wrong }
}

/** `positionals` are the words before the option: they begin with the command. */
export function isFlagIn(name: OptionName, positionals: readonly string[]): boolean {
  const { kind, isFlagOf } = optionSpec(name)
  return kind === 'flag' || (isFlagOf !== undefined && isFlagOf === positionals.slice(0, 2).join(' '))
}

const takesTwo = (name: OptionName): boolean => optionSpec(name).takesTwo === true

/** A value in a word of its own may begin with a dash, unless it is the next option. */
const isKnownOption = (word: string | undefined): boolean =>
  word !== undefined && word.startsWith('--') && isOptionName(word.slice(2).split('=', 1)[0] as string)

/**
 * The words as the system passed them. Node decodes them as UTF-8 and loses all other bytes. On Linux the
 * bytes can be read again, so a user can name a path in any encoding.
 */
export function exactWords(words: readonly string[]): readonly string[] {
  if (!words.some((word) => word.includes('\ufffd'))) return words
  try {
    const bytes = fs.readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1)
    const exact = bytes.slice(bytes.length - words.length).map((word) => Buffer.from(word, 'latin1'))
    // The process may have another title by now.
    const same = exact.length === words.length && exact.every((word, i) => word.toString('utf8') === words[i])
    return same ? exact.map(pathFromBytes) : words
  } catch {
    return words
  }
}

export const usageError = (message: string, hint?: string): ButcherError =>
  new ButcherError('usage', message, hint === undefined ? {} : { hint })
