import path from 'node:path'
import type Database from 'better-sqlite3'
import { differingDigits } from '../format/checksum-list.ts'
import { chunkFolder, parseChunkFile } from '../format/layout.ts'
import { type DiscCandidate, listedChunks } from './find-discs.ts'
import { sizeOfFile } from '../media/read-small-file.ts'

/** How well a folder or image matches a disc of the catalog's set. */
export interface DiscFit {
  readonly disc: number
  /** Chunks whose SHA-256 in SHA256SUMS is the catalog's. */
  readonly proven: number
  /** Chunk files of the disc, damaged or not. */
  readonly here: number
  /** Chunks that the catalog does not know, or knows with other bytes. */
  readonly strange: number
  /**
   * Its SHA256SUMS lists other chunks under the numbers of this disc, and no chunk of this set. The disc
   * belongs to another set or branch, or was changed on purpose.
   */
  readonly isOther: boolean
}

/** A damaged hash differs in a few digits, the hash of another file in nearly all. */
const otherHashDigits = 32

/**
 * The disc of the catalog's set in a folder: the disc of its chunks, whatever the folder's name. If the
 * catalog knows none of its chunks, the label or the name decides. Undefined for a disc of another set.
 */
export function identifyDisc(db: Database.Database, candidate: DiscCandidate): number | undefined {
  const fit = fitDisc(db, candidate)
  return fit === undefined || fit.isOther ? undefined : fit.disc
}

/**
 * Sorts the better of two matches for one disc first. Restore itself finds other copies of damaged chunks.
 */
export const byFit = (a: DiscFit, b: DiscFit): number =>
  Number(b.here > 0) - Number(a.here > 0) || b.proven - a.proven

export function fitDisc(db: Database.Database, candidate: DiscCandidate): DiscFit | undefined {
  const named = numberOf(db, candidate)
  const { votes, unknown } = votesOf(db, candidate)
  const [best] = votes
  if (best === undefined) {
    if (candidate.chunkFiles.length > 0 || named === undefined) return undefined
    const known = db.prepare('SELECT 1 FROM disc WHERE number = ?').get(named)
    return known === undefined ? undefined : { disc: named, proven: 0, here: 0, strange: 0, isOther: false }
  }
  const { disc, proven, sized, named: here, other } = best
  const strange = other + unknown
  if (proven > 0) return { disc, proven, here, strange, isOther: false }
  // All sets number their chunks alike. Names alone prove nothing, unless the folder or the label agrees.
  if (disc !== named && (sized === 0 || isOfOtherSet(db, candidate))) return undefined
  return { disc, proven, here, strange, isOther: other > 0 }
}

/** The message for a disc with `isOther`. */
export const isOtherDisc = (folder: string, { disc }: DiscFit): string =>
  `${folder} holds other chunks than disc ${disc} of the catalog (another branch of the set, or changed)`

interface Vote {
  readonly disc: number
  proven: number
  sized: number
  named: number
  other: number
}

interface Votes {
  /** The most likely disc comes first. */
  readonly votes: readonly Vote[]
  /** Chunks that the catalog does not have. */
  readonly unknown: number
}

function votesOf(db: Database.Database, { folder, chunkFiles }: DiscCandidate): Votes {
  const chunk = db.prepare(
    'SELECT disc, bytes, lower(hex(sha256)) AS sha256 FROM chunk WHERE number = ? AND name = ?',
  )
  const listed = listedChunks(folder)
  const there = new Set(chunkFiles)
  const votes = new Map<number, Vote>()
  let unknown = 0
  for (const name of new Set([...chunkFiles, ...listed.keys()])) {
    const row = chunk.get(parseChunkFile(name)?.chunk, name) as
      { disc: number; bytes: number; sha256: string } | undefined
    if (row === undefined) {
      unknown++
      continue
    }
    const vote = votes.get(row.disc) ?? { disc: row.disc, proven: 0, sized: 0, named: 0, other: 0 }
    votes.set(row.disc, vote)
    if (there.has(name)) vote.named++
    if (there.has(name) && sizeOfFile(path.join(folder, chunkFolder, name)) === row.bytes) vote.sized++
    const says = listed.get(name)
    if (says === row.sha256) vote.proven++
    else if (says !== undefined && differingDigits(says, row.sha256) >= otherHashDigits) vote.other++
  }
  return { votes: [...votes.values()].sort(byVote), unknown }
}

const byVote = (a: Vote, b: Vote): number =>
  b.proven - a.proven || b.sized - a.sized || b.named - a.named || b.other - a.other

/** The number in the label of a disc of this set, or else in the name of the folder. */
const numberOf = (db: Database.Database, { label, number }: DiscCandidate): number | undefined =>
  label === undefined ? number : label.set === setOf(db) ? label.disc : undefined

const isOfOtherSet = (db: Database.Database, { label }: DiscCandidate): boolean =>
  label !== undefined && label.set !== setOf(db)

const setOf = (db: Database.Database): string =>
  String(db.prepare(`SELECT value FROM meta WHERE key = 'set'`).pluck().get()).slice(0, 8).toLowerCase()
