/** Facts about discs from the user: their locations, their losses, and discs that were found again. */

import { copyRows, recordCopy, readingRows, removeCopy } from '../../catalog/disc-life.ts'
import { recordSpare, removeSpare, type SpareRow, spareRows } from '../../catalog/spare-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { ButcherError } from '../../errors.ts'
import { checkFields } from '../../options/check-fields.ts'
import { noteDiscsFields } from './note-discs-fields.ts'
import type { NoteDiscsOptions } from './note-discs-options.ts'
import { recordLoss, noCopy, refuseOpen, refuseStaged } from '../../set/disc-notes.ts'
import { changeSet } from '../../set/change-set.ts'
import { inspectDestination } from '../../set/destination.ts'
import { discs, type InventoryDisc, type InventorySpare, spares } from './discs.ts'
import { discPlaces } from '../../set/disc-places.ts'

/**
 * Records the facts in the destination's catalog, and returns the new state of the discs. Throws `usage` if a
 * disc or copy does not exist, and errors of `changeSet`; then nothing is recorded.
 */
export async function noteDiscs(options: NoteDiscsOptions): Promise<InventoryDisc[]> {
  return (await noteInventory(options)).discs
}

/** The same, and also returns the new state of the located spares. */
export async function noteInventory(options: NoteDiscsOptions): Promise<{
  readonly discs: InventoryDisc[]
  readonly spares: InventorySpare[]
}> {
  checkFields('noteDiscs', noteDiscsFields, options)
  return changeSet(options, ({ set: { db }, destination }) => {
    const staged = inspectDestination(destination).discs
    const concerned = new Set<number>()
    const concerns = (disc: number): number => {
      refuseOpen(db, disc, staged)
      concerned.add(disc)
      return disc
    }
    for (const { discs: numbers, place } of options.locate ?? []) {
      for (const disc of numbers.map(concerns)) locate(db, disc, options.copy, place)
    }
    for (const { spares: numbers, place } of options.locateSpares ?? [])
      for (const spare of numbers) recordSpare(db, { ...knownSpare(db, spare), location: place })
    for (const spare of options.lostSpares ?? []) {
      removeSpare(db, knownSpare(db, spare).number)
      options.report?.({ type: 'note', message: `spare ${spare} is lost: no later command counts on it` })
    }
    for (const disc of (options.lost ?? []).map(concerns)) {
      refuseUnburned(db, disc, destination)
      recordLoss(db, disc, options.copy)
    }
    for (const disc of (options.found ?? []).map(concerns)) find(db, disc, options.copy)
    const located = new Set((options.locateSpares ?? []).flatMap(({ spares: numbers }) => numbers))
    return {
      discs: discs(db, discPlaces(destination)).filter(({ disc }) => concerned.has(disc)),
      spares: spares(db, destination).filter(({ spare }) => located.has(spare)),
    }
  })
}

function knownSpare(db: Catalog, spare: number): SpareRow {
  const row = spareRows(db).find(({ number }) => number === spare)
  if (row) return row
  throw new ButcherError('usage', `there is no spare ${spare}`)
}

/** A disc in the destination without a copy cannot be lost: throws `usage`. */
function refuseUnburned(db: Catalog, disc: number, destination: string): void {
  if (copyRows(db, disc).length === 0) refuseStaged(disc, destination)
}

function locate(db: Catalog, disc: number, copy: number | undefined, place: string): void {
  const known = copyRows(db, disc)
  if (copy === undefined && known.length > 1) {
    throw new ButcherError('usage', `disc ${disc} has ${known.length} copies`, {
      hint: 'choose one with --copy',
    })
  }
  // One more than the known ones is allowed: a copy that another program burned.
  if (copy !== undefined && copy > known.length + 1) throw noCopy(disc, copy)
  recordCopy(db, disc, copy ?? known[0]?.copy ?? 1, { location: place })
}

/** A found copy gets the state of its last reading. */
function find(db: Catalog, disc: number, copy: number | undefined): void {
  const lost = copyRows(db, disc).filter(
    (row) => row.state === 'lost' && (copy === undefined || row.copy === copy),
  )
  if (lost.length === 0) {
    throw new ButcherError('usage', `disc ${disc}${copy === undefined ? '' : `, copy ${copy}`} is not lost`, {
      hint: 'butcher discs shows which copies are lost',
    })
  }
  for (const row of lost) {
    const last = readingRows(db, disc).findLast((reading) => reading.copy === row.copy)
    // Nothing was known of this copy before it was recorded as lost.
    if (last === undefined && row.burned === null && row.location === null) {
      removeCopy(db, disc, row.copy)
      continue
    }
    const state = last === undefined ? 'burned' : last.result === 'sound' ? 'verified' : 'damaged'
    recordCopy(db, disc, row.copy, { state })
  }
}
