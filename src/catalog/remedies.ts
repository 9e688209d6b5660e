/** How a damaged disc can be mended or replaced. */

import path from 'node:path'
import type Database from 'better-sqlite3'
import { discFolder } from '../format/layout.ts'
import { copyRows, isGood } from './disc-life.ts'
import { discRows } from './set-rows.ts'
import { spareRows } from './spare-rows.ts'

export interface Remedy {
  readonly disc: number
  /** The place of the damaged disc. */
  readonly place: string
  /** Whether the disc has parity. */
  readonly hasParity: boolean
  /** The spare that can replace the disc, and the other discs of its group. */
  readonly spare: { readonly spare: number; readonly discs: readonly number[] } | null
  /** Good copies besides the damaged one. */
  readonly copies: readonly { readonly copy: number; readonly location: string | null }[]
}

/** The remedies of the damaged discs, each with its place, in the order of their numbers. */
export function remediesOf(db: Database.Database, damaged: ReadonlyMap<number, string>): Remedy[] {
  const rows = discRows(db)
  const spares = spareRows(db).filter(({ bytes }) => bytes > 0)
  return [...damaged]
    .sort(([a], [b]) => a - b)
    .map(([disc, place]) => {
      const spare = spares.find(
        ({ discs }) => discs.includes(disc) && !discs.some((other) => other !== disc && damaged.has(other)),
      )
      return {
        disc,
        place,
        hasParity: (rows.find(({ number }) => number === disc)?.redundancy ?? null) !== null,
        spare: spare ? { spare: spare.number, discs: spare.discs.filter((other) => other !== disc) } : null,
        copies: otherCopies(db, disc, place),
      }
    })
}

/** A staged folder is not one of the burned copies. Of a medium nobody knows which copy it is. */
function otherCopies(db: Database.Database, disc: number, place: string): Remedy['copies'] {
  const copies = copyRows(db, disc).filter(isGood)
  const isStaged = path.basename(place) === discFolder(disc)
  return isStaged || copies.length > 1 ? copies.map(({ copy, location }) => ({ copy, location })) : []
}
