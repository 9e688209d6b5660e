import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { type CopyState, copiesDue, copyRows, newestReadings } from '../../catalog/disc-life.ts'
import { spareRows } from '../../catalog/spare-rows.ts'
import { getMeta } from '../../catalog/working-catalog.ts'
import { spareFolder, spareLabel } from '../../format/layout.ts'

export interface InventoryDisc {
  readonly disc: number
  readonly label: string
  /** `open`, `sealed`, or the state of the best copy. */
  readonly state: string
  readonly medium: string
  /** Bytes in use, with what is set aside for the catalog; null where a run has not settled it yet. */
  readonly bytes: number | null
  /** null without limit. */
  readonly capacityBytes: number | null
  readonly chunks: number
  /** Milliseconds since 1970. */
  readonly burned: number | null
  readonly verified: number | null
  readonly location: string | null
  /** The folder it is in, of those that were looked into. */
  readonly folder: string | undefined
  readonly copies: readonly InventoryCopy[]
}

/** One burned copy of a disc. */
export interface InventoryCopy {
  readonly copy: number
  readonly state: CopyState
  /** Milliseconds since 1970, as all times here; null of a copy that butcher did not burn. */
  readonly burned: number | null
  /** The drive. */
  readonly burner: string | null
  readonly location: string | null
  /** The last time it was read through. */
  readonly reading: {
    readonly at: number
    readonly result: 'sound' | 'damaged'
    readonly damagedFiles: number
  } | null
}

/** A spare disc: any one disc of its group is made again of it and the others. */
export interface InventorySpare {
  readonly spare: number
  readonly label: string
  readonly discs: readonly number[]
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly created: number
  readonly location: string | null
  /** Where it is at hand. */
  readonly folder: string | undefined
}

/** A copy that is to be read again; of a disc that is nowhere known as burned, and not in the destination, `copy` is null. */
export interface DueDisc {
  readonly disc: number
  readonly copy: number | null
  readonly label: string
  readonly state: string
  readonly location: string | null
  readonly reading: InventoryCopy['reading']
}

/** The inventory, by disc number. `folders` says where discs are at hand. */
export function discs(
  db: Database.Database,
  folders: ReadonlyMap<number, string> = new Map(),
): InventoryDisc[] {
  const rows = db
    .prepare(
      `SELECT d.number AS disc, d.label, d.state, d.medium, d.bytes, d.capacity AS capacityBytes,
        count(k.number) AS chunks, d.burned, d.verified, d.location
      FROM disc d LEFT JOIN chunk k ON k.disc = d.number GROUP BY d.number ORDER BY d.number`,
    )
    .all() as Omit<InventoryDisc, 'folder' | 'copies'>[]
  return rows.map((row) => ({ ...row, folder: folders.get(row.disc), copies: copiesOf(db, row.disc) }))
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

/** The spares, by their numbers; `place` is where they may be at hand. */
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

/** What was not read through and found sound since `before`, milliseconds since 1970; readings after `now` do not count. */
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
