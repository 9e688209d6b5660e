/** What a prune of a set does: which backups and chunks go, and which chunks are rewritten. */

import fs from 'node:fs'
import type Database from 'better-sqlite3'
import { checkpointOf } from '../../catalog/dropped-chunks.ts'
import { chunkUses, findLive } from '../../catalog/live-contents.ts'
import { forgottenBackups } from '../../catalog/marks.ts'
import { renamedSplits } from '../../catalog/moved-contents.ts'
import { type DiscRow, discRows } from '../../catalog/set-rows.ts'
import { isWorthwhile, planPrune, type PrunePlan } from '../../retention/plan-prune.ts'
import { isFrozen } from '../../set/disc-places.ts'

export interface Prunable extends PrunePlan {
  readonly forgotten: readonly number[]
  /** The discs that may change, by their numbers. */
  readonly discs: readonly DiscRow[]
  /** Why nothing is to be done. */
  readonly reason: string | undefined
}

export interface PrunableOptions {
  readonly destination: string
  /** Backups that count as forgotten besides. */
  readonly also: readonly number[]
  readonly isHere: (disc: number) => boolean
  /** The most bytes that may be written before the old chunks are removed. */
  readonly roomBytes: number
}

export function findPrunable(db: Database.Database, options: PrunableOptions): Prunable {
  const { destination, also, isHere, roomBytes } = options
  const forgotten = [...new Set([...forgottenBackups(db).keys(), ...also])].sort((a, b) => a - b)
  const discs = discRows(db).filter(
    ({ number, capacity }) => capacity === null && isHere(number) && !isFrozen(db, destination, number),
  )
  const nothing = (reason: string): Prunable => ({ ...planPrune([], [], 0), forgotten: [], discs, reason })
  if (discs.length === 0)
    return nothing('no disc here may change: each has a size, a copy, an image or a spare')
  findLive(db, forgotten)
  const numbers = new Set(discs.map(({ number }) => number))
  const chunks = chunkUses(db).filter(({ disc }) => numbers.has(disc))
  const found = planPrune(chunks, renamedSplits(db), roomBytes)
  if (forgotten.length === 0 && !isWorthwhile(found, chunks, checkpointOf(db))) {
    return nothing('no backup is forgotten, and a prune would free little')
  }
  return { ...found, forgotten, discs, reason: undefined }
}

/** The catalog, README.txt and so on are written anew, too. */
const reserveBytes = 16e6

/** The bytes that new chunks may take in a folder, before old ones are removed. */
export function roomAt(folder: string): number {
  try {
    const { bavail, bsize } = fs.statfsSync(folder)
    return Math.max(0, bavail * bsize - reserveBytes)
  } catch {
    return Infinity // the system does not say
  }
}
