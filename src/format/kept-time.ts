/** The times that a catalog can hold. */

/** Whole seconds, so that rounding any time between them to seconds also fits 64 bits. */
const furthest = 9_223_372_036_000_000_000n

/**
 * Nanoseconds since 1970 in the catalog's 64 bits. File systems can have times before September 1677 or after
 * April 2262; they become the nearest possible time.
 */
export const keptTime = (nanoseconds: bigint): bigint =>
  nanoseconds > furthest ? furthest : nanoseconds < -furthest ? -furthest : nanoseconds
