/** The objects of `--json`: names in snake_case, times as the catalog's views have them. */

import type { ErrorObject, Typed, WarningObject } from './json-rows.ts'
import type { ButcherError } from '../errors.ts'
import type { ProgressEvent, StageEvent, WarningEvent } from '../events.ts'

/**
 * `value` as one line of JSON that a terminal does not act on. JSON itself escapes only the controls below a
 * blank.
 */
export const jsonText = (value: object): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

export function jsonProgress(event: ProgressEvent | StageEvent): object {
  const progress = event.type === 'progress' ? event : { ...event, bytes: 0, files: 0 }
  return { type: 'progress', ...(snakeCase({ ...progress, type: undefined }) as object) }
}

/** `{ filesNew: 3 }` as `{ type: 'summary', files_new: 3 }`. */
export const jsonSummary = (summary: object): object => ({
  type: 'summary',
  ...(snakeCase(summary) as object),
})

export const jsonWarning = ({ path, kind, message }: WarningEvent): Typed<WarningObject> => ({
  type: 'warning',
  ...(path === undefined ? {} : { path }),
  kind,
  message,
})

export const jsonError = (error: ButcherError): Typed<ErrorObject> => ({
  type: 'error',
  code: error.code,
  message: error.message,
  hint: error.hint ?? null,
  ...(error.path === undefined ? {} : { path: error.path }),
})

function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(entries.map(([name, field]) => [snakeName(name), snakeCase(field)]))
}

export const snakeName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
