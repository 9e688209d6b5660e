/** Texts about a local folder of a set in a store, as the user named the set. */

import { ButcherError, WrongField } from '../errors.ts'
import type { Report } from '../events.ts'

export type Shown = (text: string) => string

/** `pairs`: the local folders with the places that they stand for. */
export const shownAs =
  (pairs: readonly (readonly [folder: string, place: string])[]): Shown =>
  (text) =>
    pairs.reduce((shown, [folder, place]) => shown.replaceAll(folder, place), text)

/** The same value with all its texts shown. Leaves functions, dates and bytes as they are. */
export function shownValue<Value>(value: Value, shown: Shown): Value {
  if (typeof value === 'string') return shown(value) as Value
  if (Array.isArray(value)) return value.map((item: unknown) => shownValue(item, shown)) as Value
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  const fields = Object.entries(value).map(([name, field]) => [name, shownValue<unknown>(field, shown)])
  return Object.fromEntries(fields) as Value
}

export const shownReport =
  (report: Report, shown: Shown): Report =>
  (event) =>
    report(event.type === 'progress' ? event : shownValue(event, shown))

export function shownError(error: unknown, shown: Shown): unknown {
  if (!(error instanceof ButcherError) || error instanceof WrongField) return error
  const { code, message, path, hint, passphraseOf, cause } = error
  return new ButcherError(code, shown(message), {
    ...(path === undefined ? {} : { path: shown(path) }),
    ...(hint === undefined ? {} : { hint: shown(hint) }),
    ...(passphraseOf === undefined ? {} : { passphraseOf: shown(passphraseOf) }),
    cause,
  })
}
