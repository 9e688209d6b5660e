/** A path as one shell word that is safe to show on a terminal. */

import { showPath } from './path-text.ts'

export const shellWord = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${showPath(path).replaceAll("'", `'\\''`)}'`
