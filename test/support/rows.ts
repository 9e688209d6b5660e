/**
 * What runs by `npm run test:long` alone: most rows of large tables, and tests that take long beside a
 * shorter one of the same part.
 */

import { test } from 'vitest'

export const takesAllRows = process.env['TEST_ROWS'] === 'all'

/**
 * `all`, or in the default suite those whose places, from 0, are in `few`. A file that calls it stands in
 * `longTables`.
 */
export const rows = <Row>(all: readonly Row[], few: readonly number[]): readonly Row[] =>
  takesAllRows ? all : few.map((place) => all[place] as Row)

/** A test of `npm run test:long` alone. A file that calls it stands in `longTables`. */
export const longTest: (name: string, run: () => Promise<void> | void) => void = takesAllRows
  ? test
  : () => {}
