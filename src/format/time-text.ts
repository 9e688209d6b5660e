/** Times in the form of the contract: ISO 8601 UTC with the known decimals. */

/** Milliseconds since 1970 → `2026-11-20T11:24:25.123Z`. */
export const showMilliseconds = (ms: number): string => new Date(ms).toISOString()

/** The SQL expression for a column of nanoseconds since 1970 (negative before), with nine decimals. */
export function sqlNanoseconds(column: string): string {
  const fraction = `((${column} % 1000000000) + 1000000000) % 1000000000`
  return `strftime('%Y-%m-%dT%H:%M:%S', (${column} - ${fraction}) / 1000000000, 'unixepoch') || printf('.%09dZ', ${fraction})`
}

/** The SQL expression for a column of milliseconds since 1970. */
export const sqlMilliseconds = (column: string): string =>
  `strftime('%Y-%m-%dT%H:%M:%S', ${column} / 1000, 'unixepoch') || printf('.%03dZ', ${column} % 1000)`
