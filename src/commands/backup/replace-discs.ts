/**
 * `butcher backup --replace-disc`: stores the content that only lost discs held again, if the source still
 * has it.
 */

import { findBroken, lostCounts, lostVersions } from '../../catalog/broken-contents.ts'
import { copyRows, type DiscCopy, isGood } from '../../catalog/disc-life.ts'
import { discRows } from '../../catalog/set-rows.ts'
import { spareRows } from '../../catalog/spare-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { ButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { pathFromCatalog, showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'
import type { BackupRun } from './backup-run.ts'
import type { Destination } from '../../set/destination.ts'
import { recordLoss, refuseStaged } from '../../set/disc-notes.ts'

/**
 * Records the discs as lost, and reports other ways to recover them. Throws `usage` if a disc does not exist,
 * or is in the destination.
 */
export function recordLostDiscs(
  db: Catalog,
  destination: Destination,
  discs: readonly number[],
  report: Report,
): void {
  for (const disc of discs) {
    if (!discRows(db).some(({ number }) => number === disc))
      throw new ButcherError('usage', `there is no disc ${disc}`)
    refuseStaged(disc, destination.folder)
  }
  const before = new Map(discs.map((disc) => [disc, copyRows(db, disc).filter(isGood)]))
  for (const disc of discs) recordLoss(db, disc)
  const gone = new Set(goneDiscs(db, destination.discs))
  for (const [disc, copies] of before) {
    for (const message of [...copiesText(disc, copies), ...sparesText(db, disc, gone)])
      report({ type: 'note', message })
  }
}

const copiesText = (disc: number, copies: readonly DiscCopy[]): string[] =>
  copies.map(({ copy, state, location }) =>
    showPath(
      `disc ${disc} has a ${state} copy ${copy}${location === null ? '' : ` (at: ${location})`}, ` +
        `recorded as lost now (if you have it: butcher discs --found ${disc} --copy ${copy})`,
    ),
  )

const sparesText = (db: Catalog, disc: number, gone: ReadonlySet<number>): string[] =>
  spareRows(db)
    .filter(({ bytes, discs }) => bytes > 0 && discs.filter((one) => gone.has(one)).join() === String(disc))
    .map(({ number, discs }) => {
      const others = discs.filter((one) => one !== disc)
      const named = `${others.length === 1 ? 'disc' : 'discs'} ${others.join(', ')}`
      return `spare ${number} and ${named} bring disc ${disc} back (butcher recover ${disc})`
    })

/** The discs recorded as lost, without those whose folders are at hand. */
const goneDiscs = (db: Catalog, atHand: readonly number[]): number[] =>
  discRows(db).flatMap(({ number, state }) => (state === 'lost' && !atHand.includes(number) ? [number] : []))

/** Finds the contents on lost discs: new backups must not rely on them. */
export function findLost({
  set: { db },
  options,
  destination,
}: Pick<BackupRun, 'set' | 'options' | 'destination'>): void {
  findBroken(db, goneDiscs(db, destination.discs), options.replaceDiscs ?? [])
}

/** The most paths that are named. */
const toldPaths = 20

/** Reports the files of the replaced discs that are lost for good. */
export function reportLost(run: BackupRun): { readonly filesLost?: number; readonly bytesLost?: number } {
  const { set, report, options } = run
  const discs = options.replaceDiscs ?? []
  if (discs.length === 0) return {}
  findLost(run)
  const { files, bytes } = lostCounts(set.db).all
  let told = 0
  for (const { path: name, first, last, size } of lostVersions(set.db)) {
    if (told++ === toldPaths) break
    const backups =
      last === first ? `backup ${first}` : last === null ? `backup ${first} on` : `backups ${first}-${last}`
    const message = `of ${backups} (${showSize(size)}) is lost with its disc: the source does not have it any more`
    report({ type: 'warning', kind: 'other', path: pathFromCatalog(name), message })
  }
  if (files > toldPaths) {
    const all = `butcher discs --if-lost ${discs.join(',')} --all names them`
    report({ type: 'warning', kind: 'other', message: `and ${files - toldPaths} more are lost: ${all}` })
  }
  return { filesLost: files, bytesLost: bytes }
}
