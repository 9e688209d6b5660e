/** The paths in a store. A remote may list any names: only fit ones get further than this. */

import { ButcherError } from '../errors.ts'
import { workFolder } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { isSafePath, type System } from '../format/system-name.ts'

/** Uploads that are not complete, and files that a folder store is writing. */
export const uploadFolder = `${workFolder}/new`

const mostBytes = 1024
const mostNameBytes = 255

/** Controls, marks of direction, and halves of surrogate pairs. */
// oxlint-disable-next-line no-control-regex
const unfit = /[\0-\x1f\x7f-\x9f\\\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** Whether `path` names a file inside a store: no `..`, no empty name, no control character. */
export const isStorePath = (path: string, system?: System): boolean =>
  path.isWellFormed() &&
  !unfit.test(path) &&
  Buffer.byteLength(path) <= mostBytes &&
  isSafePath(path, system) &&
  path.split('/').every((name) => Buffer.byteLength(name) <= mostNameBytes)

/** Throws `usage` for a path that is none. */
export function checkStorePath(path: string): void {
  if (isStorePath(path)) return
  throw new ButcherError('usage', `'${showPath(path)}' is not a path in a store`, { path })
}

/** A size that a file can have: a whole number that JavaScript counts exactly. */
export const isFileSize = (bytes: unknown): bytes is number =>
  Number.isSafeInteger(bytes) && (bytes as number) >= 0
