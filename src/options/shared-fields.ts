/** Fields that several verbs share. */

import { compressionExtension } from '../format/layout.ts'
import { parseMedium } from '../format/medium.ts'
import {
  aPath,
  choice,
  expression,
  type Kind,
  line,
  list,
  needed,
  optional,
  parsed,
  pattern,
  runFields,
  secretFields,
  whole,
} from './check-fields.ts'

export const compressions: readonly string[] = ['auto', ...Object.keys(compressionExtension)]
const hashes: readonly string[] = ['sha256', 'sha512']

/** Percent of a disc. */
export const share: Kind = {
  expected: '0, or a number from 1 to 50',
  fits: (value) => value === 0 || (typeof value === 'number' && value >= 1 && value <= 50),
}
/** A number of bytes. */
export const bytesOrNone: Kind = {
  expected: '0, or a number of bytes',
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
}
const hash = optional(choice(...hashes))
export const jobs = optional(whole)
const named = parsed('the name of a medium or a size', parseMedium)
/** The catalog keeps the user's spelling. */
export const mediumField: Kind = { ...named, fits: (value) => line.fits(value) && named.fits(value) }

/** Selects the paths of a verb. */
export const pathFields = {
  include: optional(list(pattern)),
  exclude: optional(list(pattern)),
  excludeFrom: optional(list(aPath)),
  filter: optional(expression),
}

/** The fields of every verb that changes the set of a destination. */
export const changeFields = {
  ...secretFields,
  destination: needed(aPath),
  index: optional(aPath),
  hash,
  jobs,
  ...runFields,
}
