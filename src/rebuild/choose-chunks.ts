/** Chooses the file for each chunk from all files that were read. Pure data. */

import { ButcherError } from '../errors.ts'
import type { StoredLine } from '../format/manifest.ts'
import type { ReadChunk } from './read-chunk.ts'

export interface Damage {
  readonly path: string
  readonly reason: string
}

export interface Chosen {
  /** In the order of their numbers. */
  readonly chunks: readonly ReadChunk[]
  /** The `stored` lines of chunks in other manifests, by number. */
  readonly stored: ReadonlyMap<number, StoredLine>
  readonly damaged: readonly Damage[]
}

/**
 * Throws `catalog` if the chunks are of two sets, or if two sound chunks with one number differ. A chunk is
 * doubtful if it differs from its record and nothing proves it complete. It is used only if there is no
 * other.
 */
export function chooseChunks(read: readonly ReadChunk[]): Chosen {
  refuseSecondSet(read)
  const stored = new Map<number, StoredLine>()
  for (const one of read) for (const line of one.stored) stored.set(line.chunk, line)
  const damaged: Damage[] = []
  const byNumber = new Map<number, ReadChunk[]>()
  for (const one of read) {
    const { chunk } = one.chunk
    byNumber.set(chunk, [...(byNumber.get(chunk) ?? []), one])
    if (one.found.named.chunk !== chunk) {
      damaged.push({ path: one.found.file, reason: `is chunk ${chunk}, whatever its name says` })
    }
  }
  const chunks: ReadChunk[] = []
  for (const [number, copies] of [...byNumber].sort(([a], [b]) => a - b)) {
    const doubtful = copies.filter((copy) => isDoubtful(copy, stored.get(number)))
    const sound = copies.filter((copy) => !doubtful.includes(copy))
    for (const copy of sound) refuseOther(copy, sound[0] as ReadChunk, stored.get(number))
    for (const { found } of doubtful) {
      damaged.push({ path: found.file, reason: 'is not what its SHA-256 says that it should be' })
    }
    for (const { found, sha256 } of sound) {
      if (found.listedSha256 !== undefined && found.listedSha256 !== sha256) {
        damaged.push({ path: found.file, reason: 'is sound, but its SHA-256 in SHA256SUMS is another' })
      }
    }
    chunks.push((sound[0] ?? doubtful[0]) as ReadChunk)
  }
  return { ...withoutDropped(chunks, stored), damaged }
}

/** The chunks that the newest checkpoint knows, and later ones: a prune may have left others behind. */
function withoutDropped(
  chunks: readonly ReadChunk[],
  stored: ReadonlyMap<number, StoredLine>,
): Pick<Chosen, 'chunks' | 'stored'> {
  const checkpoint = chunks.findLast(({ isCheckpoint }) => isCheckpoint)
  if (checkpoint === undefined) return { chunks, stored }
  const known = new Set(checkpoint.stored.map(({ chunk }) => chunk))
  const isLeft = (chunk: number): boolean => chunk >= checkpoint.chunk.chunk || known.has(chunk)
  return {
    chunks: chunks.filter(({ chunk }) => isLeft(chunk.chunk)),
    stored: new Map([...stored].filter(([chunk]) => isLeft(chunk))),
  }
}

function isDoubtful({ isAuthentic, found, sha256 }: ReadChunk, known: StoredLine | undefined): boolean {
  if (isAuthentic) return false
  if (found.listedSha256 !== undefined) return found.listedSha256 !== sha256
  return known !== undefined && known.sha256 !== sha256
}

export function refuseSecondSet(read: readonly ReadChunk[]): void {
  const [first] = read
  const other = read.find(({ chunk }) => chunk.set !== first?.chunk.set)
  if (first === undefined || other === undefined) return
  const says = ({ found, chunk }: ReadChunk): string => `${found.file} is of the set ${chunk.set}`
  throw new ButcherError('catalog', `${says(first)}, ${says(other)}`, {
    path: other.found.file,
    hint: 'give the discs of one set at a time',
  })
}

function refuseOther(copy: ReadChunk, first: ReadChunk, known: StoredLine | undefined): void {
  const { chunk } = copy.chunk
  const hint = 'a set was gone on with twice from one catalog: give the discs of one of the two'
  if (copy.sha256 !== first.sha256) {
    const both = `${first.found.file} and ${copy.found.file} are both chunk ${chunk}, and differ`
    throw new ButcherError('catalog', both, { path: copy.found.file, hint })
  }
  if (known !== undefined && known.sha256 !== copy.sha256) {
    const what = `${copy.found.file} is not the chunk ${chunk} that later chunks know`
    throw new ButcherError('catalog', what, { path: copy.found.file, hint })
  }
}
