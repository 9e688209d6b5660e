/** The objects of `--json`: names in snake_case, times as the catalog's views have them. */

import type { ButcherError } from '../errors.ts'
import type { ProgressEvent, StageEvent } from '../events.ts'

export function jsonProgress(event: ProgressEvent | StageEvent): object {
  const progress = event.type === 'progress' ? event : { ...event, bytes: 0, files: 0 }
  return { type: 'progress', ...(snakeCase({ ...progress, type: undefined }) as object) }
}

/** `{ filesNew: 3 }` as `{ type: 'summary', files_new: 3 }`. */
export const jsonSummary = (summary: object): object => ({
  type: 'summary',
  ...(snakeCase(summary) as object),
})

export const jsonError = (error: ButcherError): object => ({
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

const snakeName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
