/** Decodes one block of lz4 (the LZ4 block format, as its authors describe it). */

/** A match reaches back at most this far. */
export const lz4WindowBytes = 65_536

/** Matches at least this long are copied by one call. */
const longCopy = 24

/**
 * Decodes `input` into `output` from `start` on. Matches may reach back to `floor`. Returns the position
 * after the last byte, or -1 if the block is damaged or does not fit.
 */
export function decodeLz4Block(input: Uint8Array, output: Uint8Array, start: number, floor: number): number {
  const inputEnd = input.length
  const outputEnd = output.length
  let from = 0
  let to = start
  while (from < inputEnd) {
    const token = input[from++] as number
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (from >= inputEnd) return -1
        more = input[from++] as number
        literals += more
      }
    }
    if (literals > inputEnd - from || literals > outputEnd - to) return -1
    if (literals < longCopy) for (let i = 0; i < literals; i++) output[to + i] = input[from + i] as number
    else output.set(input.subarray(from, from + literals), to)
    from += literals
    to += literals
    // The last sequence has no match.
    if (from === inputEnd) return to
    if (from + 2 > inputEnd) return -1
    const distance = (input[from] as number) | ((input[from + 1] as number) << 8)
    from += 2
    let length = (token & 15) + 4
    if (length === 19) {
      let more = 255
      while (more === 255) {
        if (from >= inputEnd) return -1
        more = input[from++] as number
        length += more
      }
    }
    const source = to - distance
    if (distance === 0 || source < floor || length > outputEnd - to) return -1
    if (length < longCopy) for (let i = 0; i < length; i++) output[to + i] = output[source + i] as number
    else if (distance >= length) output.copyWithin(to, source, source + length)
    else repeat(output, to, distance, length)
    to += length
  }
  return -1
}

/** A match that overlaps itself repeats its first `distance` bytes. Each copy doubles them. */
function repeat(output: Uint8Array, to: number, distance: number, length: number): void {
  const end = to + length
  const source = to - distance
  for (let at = to; at < end;) {
    const some = Math.min(at - source, end - at)
    output.copyWithin(at, source, source + some)
    at += some
  }
}
