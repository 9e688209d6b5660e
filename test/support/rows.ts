/**
 * Which rows of a table of tests run: a few in the default suite, each of another kind, and all by `npm run
 * test:long`.
 */

export const takesAllRows = process.env['TEST_ROWS'] === 'all'

/**
 * `all`, or in the default suite those whose places, from 0, are in `few`. A file that calls it stands in
 * `longTables`.
 */
export const rows = <Row>(all: readonly Row[], few: readonly number[]): readonly Row[] =>
  takesAllRows ? all : few.map((place) => all[place] as Row)
