import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { type CopyState, copiesDue, copyRows, newestReadings } from '../../catalog/disc-life.ts'
import { chunkCounts, discRows } from '../../catalog/set-rows.ts'
import { spareRows } from '../../catalog/spare-rows.ts'
import { getMeta } from '../../catalog/working-catalog.ts'
import { spareFolder, spareLabel } from '../../format/layout.ts'

export interface InventoryDisc {
  readonly disc: number
  readonly label: string
  /** `open`, `sealed`, or the state of the best copy. */
  readonly state: string
  readonly medium: string
  /** Used bytes, including the reserve for the catalog; null if no run has determined it yet. */
  readonly bytes: number | null
  /** Null without limit. */
  readonly capacityBytes: number | null
  readonly chunks: number
  /** Milliseconds since 1970. */
  readonly burned: number | null
  readonly verified: number | null
  readonly location: string | null
  /** Its folder, among those that were searched. */
  readonly folder: string | undefined
  readonly copies: readonly InventoryCopy[]
}

/** One burned copy of a disc. */
export interface InventoryCopy {
  readonly copy: number
  readonly state: CopyState
  /** Milliseconds since 1970, like all times here; null if butcher did not burn the copy. */
  readonly burned: number | null
  /** The drive. */
  readonly burner: string | null
  readonly location: string | null
  /** The last complete reading. */
  readonly reading: {
    readonly at: number
    readonly result: 'sound' | 'damaged'
    readonly damagedFiles: number
  } | null
}

/** A spare disc: with the other discs of its group it recovers any one of them. */
export interface InventorySpare {
  readonly spare: number
  readonly label: string
  readonly discs: readonly number[]
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly created: number
  readonly location: string | null
  /** Its folder, if it is at hand. */
  readonly folder: string | undefined
}

/**
 * A copy that should be read again. `copy` is null for a disc that was never burned and is not in the
 * destination.
 */
export interface DueDisc {
  readonly disc: number
  readonly copy: number | null
  readonly label: string
  readonly state: string
  readonly location: string | null
  readonly reading: InventoryCopy['reading']
}

/** The inventory, by disc number. `folders`: the folders of discs that are at hand. */
export function discs(
  db: Database.Database,
  folders: ReadonlyMap<number, string> = new Map(),
): InventoryDisc[] {
  const chunks = chunkCounts(db)
  return discRows(db).map(
    ({ number: disc, label, state, medium, bytes, capacity, burned, verified, location }) => ({
      disc,
      label,
      state,
      medium,
      bytes,
      capacityBytes: capacity,
      chunks: chunks.get(disc) ?? 0,
      burned,
      verified,
      location,
      folder: folders.get(disc),
      copies: copiesOf(db, disc),
    }),
  )
}

function copiesOf(db: Database.Database, disc: number): InventoryCopy[] {
  const readings = newestReadings(db, disc)
  return copyRows(db, disc).map(({ copy, state, burned, burner, location }) => {
    const reading = readings.get(copy)
    return {
      copy,
      state,
      burned,
      burner,
      location,
      reading: reading ? { at: reading.at, result: reading.result, damagedFiles: reading.damaged } : null,
    }
  })
}

/** The spares, by number; `place`: where to look for their folders. */
export const spares = (db: Database.Database, place: string): InventorySpare[] =>
  spareRows(db)
    .filter(({ bytes }) => bytes > 0)
    .map(({ number, created, bytes, discs: group, location }) => {
      const folder = path.join(place, spareFolder(number))
      const label = spareLabel(getMeta(db, 'set') ?? '', number)
      const isThere = fs.existsSync(folder)
      return {
        spare: number,
        label,
        discs: group,
        bytes,
        created,
        location,
        folder: isThere ? folder : undefined,
      }
    })

/**
 * Copies without a complete, sound reading since `before`, milliseconds since 1970. Readings after `now` do
 * not count.
 */
export function dueDiscs(
  db: Database.Database,
  before: number,
  folders: ReadonlyMap<number, string> = new Map(),
  now: number = Date.now(),
): DueDisc[] {
  const due = new Set(copiesDue(db, before, now).map(({ disc, copy }) => `${disc} ${copy}`))
  return discs(db, folders).flatMap(({ disc, label, state, location, folder, copies }): DueDisc[] => {
    if (copies.length > 0) {
      return copies
        .filter(({ copy }) => due.has(`${disc} ${copy}`))
        .map(({ copy, state: of, location: place, reading }) => ({
          disc,
          copy,
          label,
          state: of,
          location: place,
          reading,
        }))
    }
    return folder === undefined ? [{ disc, copy: null, label, state, location, reading: null }] : []
  })
}
