/** SHA256SUMS exactly as butcher writes it, so that any changed byte shows. */

export interface ChecksumList {
  /** Hashes in hex by file name. */
  readonly sums: ReadonlyMap<string, string>
  /** Numbers of invalid lines, from 1. */
  readonly wrongLines: readonly number[]
}

/** Never throws; `bytes` may be anything. */
export function parseChecksums(bytes: Buffer): ChecksumList {
  const sums = new Map<string, string>()
  const wrongLines: number[] = []
  // Lines as latin1, then each name as UTF-8: different invalid bytes must not become the same text.
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

/** The text of SHA256SUMS for files by name. */
export const checksumText = (sums: Iterable<readonly [name: string, sha256: string]>): string =>
  [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, sha256]) => `${sha256}  ${name}\n`)
    .join('')

/**
 * The number of different digits in two hashes: nearly all for two files, few for a damaged copy of one hash.
 */
export function differingDigits(a: string, b: string): number {
  let count = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++
  return count
}
