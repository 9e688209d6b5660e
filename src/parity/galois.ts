/**
 * The factors of PAR2: GF(2^16) with the polynomial 0x1100B. Recovery block `e` is the sum of all data
 * blocks, each times its constant to the power of `e`. Source: Parity Volume Set Specification 2.0.
 */

const order = 65_535
const powers = new Uint16Array(order)
for (let i = 0, x = 1; i < order; i++) {
  powers[i] = x
  x <<= 1
  if (x > order) x ^= 0x1100b
}

/** The logarithms of the constants of `count` data blocks: numbers that share no factor with 65,535. */
export function blockLogs(count: number): Uint16Array {
  const logs = new Uint16Array(count)
  for (let i = 0, log = 1; i < count; log++) {
    if (log % 3 !== 0 && log % 5 !== 0 && log % 17 !== 0 && log % 257 !== 0) logs[i++] = log
  }
  return logs
}

/** The factor of a data block in a recovery block. */
export const factorOf = (blockLog: number, exponent: number): number =>
  powers[(blockLog * exponent) % order] as number
