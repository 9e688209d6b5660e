/** A path as a word that a shell takes, and a terminal may show. */

import { showPath } from './path-text.ts'

export const shellWord = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${showPath(path).replaceAll("'", `'\\''`)}'`
