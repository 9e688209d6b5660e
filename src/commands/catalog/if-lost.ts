/** The cost of losing discs. */

import type Database from 'better-sqlite3'
import {
  findBroken,
  type LostCount,
  lostCounts,
  lostVersions,
  savedVersions,
} from '../../catalog/broken-contents.ts'
import { copyRows, isGood } from '../../catalog/disc-life.ts'
import { backupRows, discRows } from '../../catalog/set-rows.ts'
import { spareRows } from '../../catalog/spare-rows.ts'
import { ButcherError } from '../../errors.ts'
import { pathFromCatalog } from '../../format/path-text.ts'

/** The consequences for a lost disc. */
export interface DiscLoss {
  readonly disc: number
  readonly label: string
  /** `copy`: there is another copy. `spare`: a spare can replace it. `gone`: neither. */
  readonly fate: 'copy' | 'spare' | 'gone'
  /** Its other copies. */
  readonly copies: readonly { readonly copy: number; readonly location: string | null }[]
  /** Remaining copies that are known to be damaged. */
  readonly damaged: readonly { readonly copy: number; readonly location: string | null }[]
  /** The spare that recovers it, and the other discs of its group. */
  readonly spare: { readonly spare: number; readonly discs: readonly number[] } | undefined
}

export interface LossReport {
  readonly discs: readonly DiscLoss[]
  readonly backups: readonly (LostCount & { readonly backup: number; readonly name: string | null })[]
  /** Versions of paths: a file that stayed the same for many backups counts once. */
  readonly lost: LostCount
  /** Versions of paths on those discs whose content is also stored on others. */
  readonly storedTwice: number
  /** In path order; iterate immediately, and only once. */
  readonly files: () => Iterable<LostPath>
}

export interface LostPath {
  readonly path: string
  readonly firstBackup: number
  readonly lastBackup: number
  readonly bytes: number
}

/**
 * The files that would be gone if each disc of `lost` lost one copy, in addition to known losses. `folders`:
 * discs at hand as folders, which count as copies. Throws `usage` if a disc does not exist.
 */
export function ifLost(
  db: Database.Database,
  lost: readonly number[],
  folders: ReadonlyMap<number, string> = new Map(),
): LossReport {
  const rows = discRows(db)
  const unknown = lost.find((disc) => !rows.some(({ number }) => number === disc))
  if (unknown !== undefined) throw new ButcherError('usage', `there is no disc ${unknown}`)
  const otherCopies = new Map(lost.map((disc) => [disc, copiesLeft(db, disc, folders.get(disc))]))
  const gone = new Set(rows.flatMap(({ number }) => (hasNothingGood(db, number, folders) ? [number] : [])))
  for (const disc of lost) if (otherCopies.get(disc)?.length === 0) gone.add(disc)
  const remade = recoverBySpares(db, gone)
  const discs = lost.map((disc): DiscLoss => {
    const copies = otherCopies.get(disc) ?? []
    const spare = remade.get(disc)
    const fate = spare ? 'spare' : gone.has(disc) ? 'gone' : 'copy'
    const label = rows.find(({ number }) => number === disc)?.label ?? ''
    return { disc, label, fate, copies, damaged: damagedLeft(db, disc, folders.get(disc)), spare }
  })
  findBroken(db, [...gone], lost.filter((disc) => gone.has(disc))) // prettier-ignore
  const counts = lostCounts(db)
  const backups = backupRows(db)
  const newest = backups.at(-1)?.number ?? 0
  return {
    discs,
    backups: backups.map(({ number, name }) => ({ backup: number, name, ...counts.inBackup(number) })),
    lost: counts.all,
    storedTwice: savedVersions(db),
    files: function* () {
      for (const { path, first, last, size } of lostVersions(db)) {
        yield { path: pathFromCatalog(path), firstBackup: first, lastBackup: last ?? newest, bytes: size }
      }
    },
  }
}

type KnownCopies = DiscLoss['copies']

/** The good copies of a disc. A folder at hand is one: without a good copy, the folder is the disc itself. */
function goodCopies(db: Database.Database, disc: number, folder: string | undefined): KnownCopies {
  const burned = copyRows(db, disc)
    .filter(isGood)
    .map(({ copy, location }) => ({ copy, location }))
  return folder === undefined ? burned : [...burned, { copy: 0, location: folder }]
}

/** The copies of a disc that remain when one of its good copies is lost. */
const copiesLeft = (db: Database.Database, disc: number, folder: string | undefined): KnownCopies =>
  goodCopies(db, disc, folder).slice(1)

/** The damaged copies. If a disc has no good copy, one of them is the lost one. */
const damagedLeft = (db: Database.Database, disc: number, folder: string | undefined): KnownCopies =>
  copyRows(db, disc)
    .filter(({ state }) => state === 'damaged')
    .map(({ copy, location }) => ({ copy, location }))
    .slice(goodCopies(db, disc, folder).length === 0 ? 1 : 0)

/** False for a disc without copies, which was not burned yet. */
const hasNothingGood = (db: Database.Database, disc: number, folders: ReadonlyMap<number, string>): boolean =>
  copyRows(db, disc).length > 0 && goodCopies(db, disc, folders.get(disc)).length === 0

/** Removes discs from `gone` that spares can recover: each one whose group has lost no other disc. */
function recoverBySpares(
  db: Database.Database,
  gone: Set<number>,
): Map<number, NonNullable<DiscLoss['spare']>> {
  const made = new Map<number, NonNullable<DiscLoss['spare']>>()
  const spares = spareRows(db).filter(({ bytes }) => bytes > 0)
  for (let found = true; found;) {
    found = false
    for (const { number, discs } of spares) {
      const missing = discs.filter((disc) => gone.has(disc))
      if (missing.length !== 1) continue
      const disc = missing[0] as number
      gone.delete(disc)
      made.set(disc, { spare: number, discs: discs.filter((other) => other !== disc) })
      found = true
    }
  }
  return made
}
