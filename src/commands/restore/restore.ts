/** `butcher restore`: restores a backup as a tree of files. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { findDiscs } from '../../catalog/find-discs.ts'
import { remediesOf } from '../../catalog/remedies.ts'
import { rootRow } from '../../catalog/root-row.ts'
import { resolveBackup } from '../../catalog/resolve-backup.ts'
import { unknownChunks } from '../../catalog/unknown-chunks.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import { ButcherError } from '../../errors.ts'
import { type Report, silent } from '../../events.ts'
import { isWithin } from '../../files/is-within.ts'
import { ownerNumbers } from '../../files/owner-numbers.ts'
import { discFolder } from '../../format/layout.ts'
import type { OwnerRow } from '../../restore/plan.ts'
import type { RestoreJob } from '../../restore/restore-job.ts'
import { restoreTree } from '../../restore/restore.ts'
import { checkFields } from '../../options/check-fields.ts'
import { choosePaths } from '../../set/choose-paths.ts'
import { restoreFields } from './restore-fields.ts'
import { DiscFinder } from '../../set/disc-finder.ts'
import { openCatalog } from '../../set/open-catalog.ts'
import { whileReading } from '../../set/readers.ts'
import type { RestoreOptions, RestoreSummary } from './restore-options.ts'
import { refuseStore } from '../../remote/refuse-store.ts'

/**
 * Restores a backup into `options.destination`. Every file is checked by its hash before it gets its name. A
 * path that cannot be restored becomes a warning and counts in `failed`, and the rest continues. As root,
 * owners are set: by name if this system knows it, otherwise by number. Throws if nothing can be restored:
 * `usage`, `catalog`, `secret`, `destination`, `no-space`, `aborted`.
 */
export const restore = (options: RestoreOptions): Promise<RestoreSummary> => restoreWith(options)

/** The same, with a disk in place of a file if `chooseDisk` resolves with one. */
export async function restoreWith(
  options: RestoreOptions,
  chooseDisk?: RestoreJob['chooseDisk'],
): Promise<RestoreSummary> {
  checkFields('restore', restoreFields, options)
  refuseStore('the destination of a restore', options.destination)
  return whileReading('restore', options.from, (note) => restoreNoted(options, note, chooseDisk))
}

async function restoreNoted(
  options: RestoreOptions,
  noteBackup: (backup: number) => void,
  chooseDisk: RestoreJob['chooseDisk'] | undefined,
): Promise<RestoreSummary> {
  const started = Date.now()
  let otherWarnings = 0
  const report: Report = (event) => {
    if (event.type === 'warning' && event.kind === 'other') otherWarnings++
    ;(options.report ?? silent)(event)
  }
  const secrets = await openSecrets(options, report)
  const { devices = [] } = options
  const catalog = await openCatalog(
    [...options.from, ...devices.filter((device) => findDiscs(device).length > 0)],
    secrets,
    {
      report,
      checks: 'as-read',
      forgotten: options.forgotten === true,
      ...(options.index === undefined ? {} : { index: options.index }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.store === undefined ? {} : { store: options.store }),
    },
  )
  try {
    const backup = resolveBackup(catalog.db, options.at)
    noteBackup(backup.number)
    const destination = destinationOf(options, catalog.discs)
    const discs = new DiscFinder(catalog, options, report)
    const ownerOf = ownerFinder()
    const chosen = choosePaths(catalog.db, backup.number, options)
    const outcome = await restoreTree({
      catalog: catalog.db,
      hash: catalog.meta.hash,
      backup: backup.number,
      destination,
      root: rootOf(catalog.db, backup.number, ownerOf),
      ...(chosen.within === undefined ? {} : { within: chosen.within }),
      chosen: chosen.takes,
      onPlanned: () => chosen.tell(report),
      ownerOf,
      secrets,
      overwrite: options.overwrite ?? false,
      dryRun: options.dryRun ?? false,
      salvage: options.salvage ?? false,
      jobs: options.jobs ?? os.availableParallelism(),
      locateDisc: (need) => discs.locate(need),
      discAtHand: (disc) => discs.atHand(disc),
      discFolders: () => discs.folders(),
      isDrive,
      driveOf,
      ...(chooseDisk ? { chooseDisk } : {}),
      report,
      signal: options.signal,
    })
    const { missing, needs, damagedDiscs, ...counts } = outcome
    const placeOf = (disc: number): string | null => catalog.shown(discs.atHand(disc) ?? '') || null
    const damaged = new Map(damagedDiscs.map((disc) => [disc, placeOf(disc) ?? discFolder(disc)]))
    return {
      backup: backup.number,
      ...counts,
      unknownChunks: unknownChunks(catalog.db, backup.number) ?? null,
      remedies: remediesOf(catalog.db, damaged),
      missingDiscs: missing.map((need) => discs.describe(need)),
      plan: needs.map((need) => ({ ...discs.describe(need), place: placeOf(need.disc) })),
      warnings: counts.warnings + otherWarnings,
      seconds: (Date.now() - started) / 1000,
      dryRun: options.dryRun ?? false,
    }
  } finally {
    catalog.close()
  }
}

function destinationOf({ destination, from }: RestoreOptions, discs: ReadonlyMap<number, string>): string {
  if (destination === '') throw new ButcherError('usage', 'no destination is given')
  const stat = fs.statSync(destination, { throwIfNoEntry: false })
  if (stat && !stat.isDirectory()) {
    throw new ButcherError('destination', `${destination} is not a directory`, { path: destination })
  }
  const absolute = stat ? fs.realpathSync(destination) : path.resolve(destination)
  const refused = (place: string): ButcherError =>
    new ButcherError('destination', `${destination} is in ${place}, which is restored from`, {
      path: destination,
      hint: 'restore to a folder of its own',
    })
  // A folder beside the discs is fine, but nothing may be written among their files.
  for (const place of from) {
    if (fs.statSync(place, { throwIfNoEntry: false }) && fs.realpathSync(place) === absolute)
      throw refused(place)
  }
  for (const disc of discs.values()) {
    if (fs.existsSync(disc) && isWithin(disc, absolute)) throw refused(disc)
  }
  return absolute
}

type OwnerOf = (owner: OwnerRow) => { readonly uid: number; readonly gid: number }

function ownerFinder(): OwnerOf {
  const numbers = ownerNumbers()
  return ({ uid, gid, user, grp }) => ({
    uid: (user === null ? undefined : numbers.user(user)) ?? uid,
    gid: (grp === null ? undefined : numbers.group(grp)) ?? gid,
  })
}

/** The metadata of the source directory itself. */
function rootOf(db: Database.Database, backup: number, ownerOf: OwnerOf) {
  const row = rootRow(db, backup)
  if (row === undefined) return undefined
  const nanoseconds = Number(((row.mtime % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
  const seconds = Number((row.mtime - BigInt(nanoseconds)) / 1_000_000_000n)
  const owner = ownerOf({ ...row, uid: Number(row.uid), gid: Number(row.gid) })
  return { mode: Number(row.mode) & 0o7777, seconds, nanoseconds, ...owner, attributes: row.attributes }
}

/** f_type of ISO 9660 and of UDF (linux/magic.h). */
const discFileSystems = new Set([0x9660, 0x15013346])

function isDrive(folder: string): boolean {
  try {
    return discFileSystems.has(fs.statfsSync(folder).type) || fs.statSync(folder).isBlockDevice()
  } catch {
    return false
  }
}

/** Equal for folders that the same drive, or disk, has to read. */
function driveOf(folder: string): string {
  const stat = fs.statSync(folder, { throwIfNoEntry: false })
  return stat === undefined
    ? folder
    : stat.isBlockDevice()
      ? `device ${stat.rdev}`
      : `file system ${stat.dev}`
}
