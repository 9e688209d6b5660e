/**
 * Checks the options of a verb before it starts: types that a compiler would refuse, and wrong values. Each
 * verb has one table of its fields.
 */

import { ButcherError, throwIfAborted, WrongField } from '../errors.ts'
import { pathFilter } from '../files/path-filter.ts'
import { showPath } from '../format/path-text.ts'

/** The allowed values of a field. */
export interface Kind {
  /** Continues the sentence "must be ...". */
  readonly expected: string
  readonly fits: (value: unknown) => boolean
  /** No message shows the value. */
  readonly isSecret?: boolean
  /** The fields of an object. */
  readonly fields?: Readonly<Record<string, Field>>
  /** The kind of each item of a list. */
  readonly item?: Kind
}

export interface Field extends Kind {
  readonly isNeeded: boolean
}

/** A table of all fields of `Options`: a field missing here is a compile error. */
export type Fields<Options> = {
  readonly [Name in keyof Options]-?: Field & {
    readonly isNeeded: undefined extends Options[Name] ? false : true
  }
}

export const needed = (kind: Kind): Field & { readonly isNeeded: true } => ({ ...kind, isNeeded: true })
export const optional = (kind: Kind): Field & { readonly isNeeded: false } => ({ ...kind, isNeeded: false })

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && !value.includes('\0')

export const aPath: Kind = { expected: 'a path: a string that is not empty and has no NUL', fits: isText }
export const pathOrPaths: Kind = {
  expected: 'a path, or a list of paths',
  fits: (value) =>
    isText(value) || (Array.isArray(value) && value.length > 0 && Array.from<unknown>(value).every(isText)),
}
export const text: Kind = { expected: 'a string that is not empty and has no NUL', fits: isText }
/** The catalog refuses longer lines, and it joins the locations of a disc's copies. */
const mostLineBytes = 1000
export const line: Kind = {
  expected: `a string of 1 to ${mostLineBytes} bytes without NUL`,
  fits: (value) => isText(value) && Buffer.byteLength(value) <= mostLineBytes,
}
export const anyText: Kind = {
  expected: 'a string without NUL',
  fits: (value) => typeof value === 'string' && !value.includes('\0'),
}
/** Any byte is allowed: the passphrase must open the set that it was made with. */
const passphrase: Kind = {
  expected: 'a string that is not empty',
  fits: (value) => typeof value === 'string' && value !== '',
  isSecret: true,
}
/** A file, or the key itself. */
const key: Kind = { ...text, isSecret: true }
export const flag: Kind = { expected: 'true or false', fits: (value) => typeof value === 'boolean' }
export const whole: Kind = {
  expected: 'a whole number from 1 on',
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
}
export const callback: Kind = { expected: 'a function', fits: (value) => typeof value === 'function' }
export const signal: Kind = { expected: 'an AbortSignal', fits: (value) => value instanceof AbortSignal }

export const choice = (...words: readonly string[]): Kind => ({
  expected: `one of ${words.join(', ')}`,
  fits: (value) => words.includes(value as string),
})

/** Text that `parse` accepts. */
export const parsed = (expected: string, parse: (value: string) => unknown): Kind => ({
  expected,
  fits: (value) => isText(value) && doesNotThrow(() => parse(value)),
})

export const pattern: Kind = parsed('a gitignore pattern', (value) => pathFilter({ exclude: [value] }))
export const expression: Kind = parsed('a regular expression', (value) => pathFilter({ filter: value }))

export const list = (item: Kind): Kind => ({ expected: 'a list', fits: Array.isArray, item })
export const filledList = (item: Kind): Kind => ({
  expected: 'a list that is not empty',
  fits: (value) => Array.isArray(value) && value.length > 0,
  item,
})
export const object = (fields: Readonly<Record<string, Field>>): Kind => ({
  expected: 'an object',
  fits: isObject,
  fields,
})

/** The secret fields of every verb that opens a set. */
export const secretFields = {
  passphrase: optional(passphrase),
  recipients: optional(list(key)),
  privateKey: optional(key),
}

/** The fields of every verb that may take long. */
export const runFields = { report: optional(callback), signal: optional(signal) }

/** Throws `usage` for the first wrong field, and `aborted` if the run is already stopped. */
export function checkFields(verb: string, fields: Readonly<Record<string, Field>>, options: unknown): void {
  if (!isObject(options))
    throw new ButcherError('usage', `${verb} takes an object of options, not ${show(options)}`)
  checkObject(verb, '', fields, options)
  const given = (options as { readonly signal?: AbortSignal }).signal
  throwIfAborted(given)
}

function checkObject(
  verb: string,
  prefix: string,
  fields: Readonly<Record<string, Field>>,
  options: Readonly<Record<string, unknown>>,
): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined) throw new WrongField(verb, prefix + showPath(unknown), 'is not an option of it')
  for (const [name, field] of Object.entries(fields)) {
    const value = options[name]
    if (value !== undefined) checkValue(verb, prefix + name, field, value)
    else if (field.isNeeded) throw new WrongField(verb, prefix + name, 'is missing')
  }
}

function checkValue(verb: string, name: string, kind: Kind, value: unknown): void {
  if (!kind.fits(value)) {
    const shown = kind.isSecret === true ? kindOf(value) : show(value)
    throw new WrongField(verb, name, `must be ${kind.expected}, not ${shown}`)
  }
  const { fields, item } = kind
  if (fields) checkObject(verb, `${name}.`, fields, value as Readonly<Record<string, unknown>>)
  // By index: a list may have holes, and an iterator of entries would skip them.
  if (item) {
    const items = value as readonly unknown[]
    for (let i = 0; i < items.length; i++) checkValue(verb, `${name}[${i}]`, item, items[i])
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

const shownCharacters = 60

function show(value: unknown): string {
  if (typeof value === 'string') return `'${showPath(value.slice(0, shownCharacters))}'`
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string with a NUL'
  if (Array.isArray(value)) return 'a list'
  if (typeof value !== 'object') return `a ${typeof value}`
  return `a ${(value as { constructor?: { name?: string } }).constructor?.name ?? 'object'}`
}

function doesNotThrow(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}
