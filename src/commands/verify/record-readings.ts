/** Records readings of discs and their results in a destination's catalog. */

import fs from 'node:fs'
import path from 'node:path'
import { copyRows, recordReading, readingRows } from '../../catalog/disc-life.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import type { OpenedSecrets } from '../../crypto/secrets.ts'
import { ButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { showPath } from '../../format/path-text.ts'
import { showMilliseconds } from '../../format/time-text.ts'
import { changeOpenedSet } from '../../set/change-set.ts'
import { isWithin } from '../../files/is-within.ts'
import { inspectDestination } from '../../set/destination.ts'
import { refuseOpen } from '../../set/disc-notes.ts'

export interface DiscReading {
  readonly disc: number
  readonly bytes: number
  readonly damaged: number
}

export interface RecordOptions {
  readonly destination: string
  readonly secrets: OpenedSecrets
  /** The copy that was read; not needed if there is only one. */
  readonly copy?: number
  readonly report?: Report
}

/**
 * Throws `usage` if the readings of these discs could not be recorded, before hours of reading. `places`: the
 * places of the discs, by number.
 */
export function checkRecordable(
  db: Catalog,
  { destination, copy }: RecordOptions,
  places: readonly { readonly place: string; readonly disc: number | undefined }[],
): void {
  const staged = inspectDestination(destination).discs
  const seen = new Set<number>()
  for (const { place, disc } of places) {
    if (disc === undefined) continue
    if (isWithin(fs.realpathSync(destination), path.resolve(fs.realpathSync(place)))) {
      throw new ButcherError(
        'usage',
        `${showPath(place)} is not a burned copy of disc ${disc}: it is staged`,
        {
          path: place,
          hint: 'leave out --record, or give the disc in the drive',
        },
      )
    }
    if (seen.has(disc)) {
      throw new ButcherError('usage', `disc ${disc} is given twice`, {
        hint: 'with --record, verify one copy at a time',
      })
    }
    seen.add(disc)
    refuseOpen(db, disc, staged)
    copyOf(db, disc, copy)
  }
}

/** Throws errors of `changeSet`. */
export async function recordReadings(
  { destination, copy, report, secrets }: RecordOptions,
  readings: readonly DiscReading[],
): Promise<void> {
  const heard = report === undefined ? {} : { report }
  await changeOpenedSet({ destination, secrets, ...heard }, ({ set: { db } }) => {
    for (const { disc, bytes, damaged } of readings) {
      const result = damaged === 0 ? 'sound' : 'damaged'
      const read = { disc, copy: copyOf(db, disc, copy), at: Date.now() }
      const trouble = clockTrouble(db, read)
      if (trouble !== undefined) report?.({ type: 'warning', kind: 'other', message: trouble })
      recordReading(db, { ...read, result, bytes, damaged })
    }
  })
}

interface TimeOfReading {
  readonly disc: number
  readonly copy: number
  readonly at: number
}

/** A reading must be later than the burn, and later than the previous reading. */
function clockTrouble(db: Catalog, { disc, copy, at }: TimeOfReading): string | undefined {
  const burned = copyRows(db, disc).find((row) => row.copy === copy)?.burned ?? null
  const last = readingRows(db, disc).findLast((row) => row.copy === copy)?.at ?? null
  const [before, what] = (last ?? -Infinity) > (burned ?? -Infinity) ? [last, 'read'] : [burned, 'burned']
  if (before === null || before <= at) return undefined
  return (
    `the clock of this computer says ${showMilliseconds(at)}, but disc ${disc} was ${what} at ` +
    `${showMilliseconds(before)}: one of these times is wrong, and discs --due relies on them (set the clock)`
  )
}

function copyOf(db: Catalog, disc: number, copy: number | undefined): number {
  const known = copyRows(db, disc)
  if (copy === undefined && known.length > 1) {
    throw new ButcherError('usage', `disc ${disc} has ${known.length} copies`, {
      hint: 'choose one with --copy',
    })
  }
  // One more than the known ones is allowed: a copy that another program burned.
  if (copy !== undefined && copy > known.length + 1) {
    throw new ButcherError('usage', `disc ${disc} has no copy ${copy}`)
  }
  return copy ?? known[0]?.copy ?? 1
}
