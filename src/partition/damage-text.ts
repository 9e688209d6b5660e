/** Damage in words. */

import type { BlockRange, Damage } from './partition-image.ts'

/** `blocks 5 to 9 (bytes 20480 to 40959): these blocks do not match their checksum` */
export function damageText({ message, ranges }: Damage): string {
  const [first] = ranges
  if (!first) return message
  const more = ranges.length > 1 ? ` and ${ranges.length - 1} more ranges` : ''
  return `${rangeText(first)}${more}: ${message}`
}

export function rangeText({ firstBlock, blocks, offset, bytes }: BlockRange): string {
  const inBytes = `bytes ${offset} to ${offset + bytes - 1}`
  return blocks === 1
    ? `block ${firstBlock} (${inBytes})`
    : `blocks ${firstBlock} to ${firstBlock + blocks - 1} (${inBytes})`
}
