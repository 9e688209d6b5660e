/** The file of the definitions: read whole, checked, changed under a lock, replaced in one step. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { writeDurably } from '../files/durable.ts'
import { takeLock } from '../files/lock.ts'
import { checkDefinitions } from './check-definitions.ts'
import { type Definitions, noDefinitions } from './definitions.ts'
import { configurationFolder } from './places.ts'

export const configurationFile = (): string => path.join(configurationFolder(), 'jobs.json')

/** A larger file is none of ours. */
const mostBytes = 64 * 2 ** 20

let last: { readonly key: string; readonly definitions: Definitions } | undefined

/** Another text for a file that was replaced or written. */
const keyOf = (file: string, { dev, ino, size, mtimeNs, ctimeNs }: fs.BigIntStats): string =>
  [file, dev, ino, size, mtimeNs, ctimeNs].join(' ')

/** Empty definitions if there is no file. Throws `usage` for a file that is wrong, and `io`. */
export function readDefinitions(now = new Date()): Definitions {
  const file = configurationFile()
  let words: string
  let key: string
  try {
    const stat = fs.statSync(file, { bigint: true })
    if (stat.size > mostBytes) throw new ButcherError('usage', `cannot use ${file}: it is too large`)
    key = keyOf(file, stat)
    // The daemon asks all the time, and 1,000 jobs take a while to check.
    if (last?.key === key) return last.definitions
    words = fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return noDefinitions
    throw asButcherError(error, 'cannot read', file)
  }
  const definitions = parseDefinitions(words, file, now)
  last = { key, definitions }
  return definitions
}

/** Throws `usage`, naming `place` and the first thing that is wrong. */
export function parseDefinitions(words: string, place: string, now = new Date()): Definitions {
  try {
    const value: unknown = JSON.parse(words)
    checkDefinitions(value, now)
    return value
  } catch (error) {
    const { message, hint } = error as ButcherError
    throw new ButcherError('usage', `cannot use ${place}: ${message}`, {
      cause: error,
      ...(error instanceof ButcherError && hint !== undefined ? { hint } : {}),
    })
  }
}

/**
 * Changes the definitions: `change` gets the present ones, and its result is checked and saved. Nothing is
 * saved if it throws. Returns what was saved.
 */
export function changeDefinitions(change: (now: Definitions) => Definitions): Definitions {
  const folder = configurationFolder()
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw asButcherError(error, 'cannot make the folder', folder)
  }
  const release = takeLock(folder)
  try {
    const before = readDefinitions()
    const after = change(before)
    if (after === before) return before
    checkDefinitions(after, new Date())
    writeDurably(folder, configurationFile(), `${JSON.stringify(after, null, 2)}\n`, 0o600)
    return after
  } finally {
    release()
  }
}
