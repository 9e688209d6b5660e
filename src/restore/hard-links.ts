/** Makes the hard links of a restore, after their targets. */

import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { pathFromCatalog } from '../format/path-text.ts'
import { isSafePath } from '../format/system-name.ts'
import { NotRestored } from './not-restored.ts'
import { attempt, hashOf, type Placing, standing } from './install-file.ts'
import { removeQuietly } from '../files/durable.ts'
import { withKind, withName } from './name-trouble.ts'
import type { StandingNames } from './standing-names.ts'
import { below, FolderCheck } from './safe-path.ts'
import { paused, type PathValue, type StructureEvents, tryPath } from './structure.ts'

interface HardRow {
  readonly path: PathValue
  readonly link: PathValue
  /** The type of `link` in the plan, if it is not a file. */
  readonly type: string | null
}

const rowsOf = (plan: Database.Database, condition: string): Iterable<HardRow> =>
  plan
    .prepare(
      `SELECT h.path, h.link, n.type FROM hard h LEFT JOIN node n ON n.path = h.link
      WHERE ${condition} ORDER BY h.path`,
    )
    .iterate() as Iterable<HardRow>

/**
 * Makes hard links to files of this restore. `failedBefore` tells which targets failed. An existing file with
 * the same content is replaced by the link.
 */
export async function makeFileLinks(
  plan: Database.Database,
  placing: Placing,
  names: StandingNames,
  failedBefore: (path: string) => boolean,
  events: StructureEvents,
): Promise<void> {
  const folders = new FolderCheck(placing.destination)
  const isTarget = plan.prepare('SELECT 1 FROM target WHERE path = ?')
  for await (const row of paused(rowsOf(plan, nodeTypes('NOT IN')), events.pause)) {
    const name = pathFromCatalog(row.path)
    const link = pathFromCatalog(row.link)
    tryPath(name, events, () => {
      if (!isSafePath(link) || isTarget.get(row.link) === undefined || failedBefore(link))
        throw new NotRestored('its hard-link target was not restored')
      attempt(() => linkTo(placing, names, folders, link, name, files))
      events.restored('hardlink', name)
    })
  }
}

/** Makes hard links to symlinks, FIFOs and devices of this restore. */
export async function makeNodeLinks(
  plan: Database.Database,
  placing: Placing,
  names: StandingNames,
  failedBefore: (path: string) => boolean,
  events: StructureEvents,
): Promise<void> {
  for await (const row of paused(rowsOf(plan, nodeTypes('IN')), events.pause)) {
    const name = pathFromCatalog(row.path)
    const link = pathFromCatalog(row.link)
    tryPath(name, events, () => {
      const isDevice = row.type === 'chardev' || row.type === 'blockdev'
      if (isDevice && !placing.asRoot) return events.skipped('device', name)
      if (failedBefore(link)) throw new NotRestored('its hard-link target was not restored')
      // Symlinks exist now, so folder checks of earlier paths are not reused.
      attempt(() => linkTo(placing, names, new FolderCheck(placing.destination), link, name, nodes))
      events.restored(row.type === 'symlink' ? 'symlink' : 'special', name)
    })
  }
}

const nodeTypes = (operator: 'IN' | 'NOT IN'): string =>
  `coalesce(n.type, '') ${operator} ('symlink', 'fifo', 'chardev', 'blockdev')`

interface LinkedKind {
  readonly isKind: (stat: fs.Stats) => boolean
  /** Whether `b`, which is in the way, equals `a`, so that replacing it loses nothing. */
  readonly isEqual: (a: string | Buffer, aStat: fs.Stats, b: string | Buffer, bStat: fs.Stats) => boolean
}

function linkTo(
  placing: Placing,
  names: StandingNames,
  folders: FolderCheck,
  link: string,
  name: string,
  { isKind, isEqual }: LinkedKind,
): void {
  const source = below(placing.destination, link)
  const file = folders.hasFolderOf(link) ? fs.lstatSync(source, { throwIfNoEntry: false }) : undefined
  if (!file || !isKind(file)) throw new NotRestored('its hard-link target is missing')
  if (!folders.hasFolderOf(name)) throw new NotRestored('its folder is missing or not a folder')
  const final = below(placing.destination, name)
  const there = standing(placing, name)
  if (there) names.check(name, there)
  if (there && isSameInode(source, final)) return
  if (there?.isDirectory() || (there && !placing.overwrite && !isEqual(source, file, final, there))) {
    throw new NotRestored('something else is already there')
  }
  const made = path.join(placing.workFolder, 'link')
  withKind('hard links', () => fs.linkSync(source, made))
  try {
    withName(placing.destination, name, () => fs.renameSync(made, final), made)
  } catch (error) {
    removeQuietly(made)
    throw error
  }
}

/** Inode numbers can be too large for a plain number. */
function isSameInode(a: string | Buffer, b: string | Buffer): boolean {
  const [one, other] = [a, b].map((file) => fs.lstatSync(file, { bigint: true }))
  return one?.ino === other?.ino && one?.dev === other?.dev
}

const files: LinkedKind = {
  isKind: (stat) => stat.isFile(),
  isEqual: (a, aStat, b, bStat) =>
    bStat.isFile() && aStat.size === bStat.size && hashOf(a, 'sha256').equals(hashOf(b, 'sha256')),
}

const nodes: LinkedKind = {
  isKind: (stat) => !stat.isFile() && !stat.isDirectory(),
  isEqual: (a, aStat, b, bStat) =>
    aStat.isSymbolicLink()
      ? bStat.isSymbolicLink() && fs.readlinkSync(a, 'buffer').equals(fs.readlinkSync(b, 'buffer'))
      : nodes.isKind(bStat) && aStat.mode === bStat.mode && aStat.rdev === bStat.rdev,
}
