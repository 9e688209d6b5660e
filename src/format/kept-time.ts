/** The times that a catalog can hold. */

/** Whole seconds, so that the second of any time between them can be counted in 64 bits, too. */
const furthest = 9_223_372_036_000_000_000n

/**
 * Nanoseconds since 1970 as the catalog keeps them, in 64 bits: what is before September 1677 or after April 2262, which
 * file systems can say, becomes the nearest that fits.
 */
export const keptTime = (nanoseconds: bigint): bigint =>
  nanoseconds > furthest ? furthest : nanoseconds < -furthest ? -furthest : nanoseconds
