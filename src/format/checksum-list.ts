/** SHA256SUMS as butcher writes it, to the letter: a byte of it that changed must show. */

export interface ChecksumList {
  /** Hashes in hex by file name. */
  readonly sums: ReadonlyMap<string, string>
  /** Lines, from 1, that are none. */
  readonly wrongLines: readonly number[]
}

/** Never throws; `bytes` may be anything. */
export function parseChecksums(bytes: Buffer): ChecksumList {
  const sums = new Map<string, string>()
  const wrongLines: number[] = []
  // latin1, and then UTF-8 by name: what is no UTF-8 must not become the same as something else.
  const lines = bytes.toString('latin1').split('\n')
  const rest = lines.pop() // behind the last newline there is nothing
  for (const [i, line] of lines.entries()) {
    const match = /^([0-9a-f]{64}) {2}([^\0\r]+)$/.exec(line)
    const name = match && Buffer.from(match[2] as string, 'latin1').toString('utf8')
    if (match && name && !sums.has(name)) sums.set(name, match[1] as string)
    else wrongLines.push(i + 1)
  }
  if (rest !== '' || lines.length === 0) wrongLines.push(lines.length + 1)
  return { sums, wrongLines }
}

/** Digits in which two hashes differ: of two files nearly all do, of a hash and its damaged copy few. */
export function differingDigits(a: string, b: string): number {
  let count = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++
  return count
}
