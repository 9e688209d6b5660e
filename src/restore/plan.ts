/** Plans a restore from a catalog: the paths, and the members and chunks that hold them. */

import type Database from 'better-sqlite3'
import { rangesBelow } from '../catalog/entry-rows.ts'
import { maxAttributesBytes } from '../format/attributes.ts'
import { pathForCatalog, pathFromCatalog } from '../format/path-text.ts'
import { isInnerPath, isSafePath, isTooLong, type System, systemPathTrouble } from '../format/system-name.ts'
import { planAllowances } from './chunk-allowance.ts'
import { planStarts } from './chunk-start.ts'
import { planContents, type Refused } from './plan-contents.ts'
import { planLinks } from './plan-links.ts'

export interface PlanOptions {
  readonly backup: number
  /** Whether a path is restored. */
  readonly chosen: (path: string, isDirectory: boolean) => boolean
  /** If known: the paths that contain everything chosen. Other paths are not read. */
  readonly within?: readonly string[]
  /** The owner's numbers on this system. */
  readonly ownerOf: (owner: OwnerRow) => { readonly uid: number; readonly gid: number }
  /** The system that gets the names; this one by default. */
  readonly system?: System
}

export interface OwnerRow {
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly grp: string | null
}

interface EntryRow {
  readonly path: string | Uint8Array
  readonly type: string
  readonly mode: number
  readonly owner: number
  readonly seconds: number
  readonly nanoseconds: number
  readonly attributes: number | null
  readonly content: number | null
  readonly member: string | null
  readonly link: string | Uint8Array | null
  readonly device: string | null
  readonly sparse: number | null
}

/** Base64 and names make the text longer, but less than twice as long. */
const maxTextLength = maxAttributesBytes * 2

const fraction = '((mtime % 1000000000) + 1000000000) % 1000000000'

/**
 * Fills the empty `plan` from `catalog`. Calls `refuse` for paths that cannot be restored; the plan has all
 * others.
 */
export function makePlan(
  catalog: Database.Database,
  plan: Database.Database,
  options: PlanOptions,
  refuse: (refused: Refused) => void,
): void {
  plan.transaction(() => {
    planOwners(catalog, plan, options.ownerOf)
    planEntries(catalog, plan, options, refuse)
    // An owner that the catalog does not have stays unset: -1 changes nothing.
    plan.exec(`INSERT OR IGNORE INTO owner SELECT owner, -1, -1 FROM
      (SELECT owner FROM target UNION SELECT owner FROM hard UNION SELECT owner FROM node)`)
    planLinks(catalog, plan, options.backup)
    planContents(catalog, plan, refuse)
    planChunks(catalog, plan)
    planAllowances(catalog, plan)
    planStarts(catalog, plan)
  })()
}

function planOwners(
  catalog: Database.Database,
  plan: Database.Database,
  ownerOf: PlanOptions['ownerOf'],
): void {
  const add = plan.prepare('INSERT INTO owner VALUES (?, ?, ?)')
  const owners = catalog.prepare('SELECT id, uid, gid, user, grp FROM owner')
  for (const row of owners.iterate() as Iterable<OwnerRow & { id: number }>) {
    const { uid, gid } = ownerOf(row)
    add.run(row.id, ownerNumber(uid), ownerNumber(gid))
  }
}

/** A number that no system has becomes -1, which changes nothing. */
const ownerNumber = (number: number): number =>
  Number.isInteger(number) && number >= 0 && number < 0xffff_ffff ? number : -1

function planEntries(
  catalog: Database.Database,
  plan: Database.Database,
  { backup, chosen, within, system = process.platform }: PlanOptions,
  refuse: (refused: Refused) => void,
): void {
  const target = plan.prepare(
    'INSERT INTO target VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING',
  )
  const hard = plan.prepare('INSERT INTO hard VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const node = plan.prepare('INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const addFolders = folderAdder(plan)
  const addAttributes = attributesAdder(catalog, plan)
  const entries = entriesWithin(
    catalog,
    within,
    `SELECT path, type, mode, owner, (mtime - ${fraction}) / 1000000000 AS seconds,
      ${fraction} AS nanoseconds, attributes, content, member, link, device, sparse
    FROM entry WHERE first <= ? AND (last IS NULL OR last >= ?)`,
    [backup, backup],
  )
  for (const row of entries) {
    const path = pathFromCatalog(row.path)
    const isDirectory = row.type === 'dir'
    const isChosen = chosen(path, isDirectory)
    // A folder that is not chosen may be needed for its contents.
    if (!isChosen && !(isDirectory && isSafePath(path, system))) continue
    const trouble = pathTrouble(path, system)
    if (trouble !== undefined) {
      refuse({ path, reason: trouble })
      continue
    }
    const stored = pathForCatalog(path)
    if (row.attributes !== null) addAttributes(row.attributes)
    const state = [row.mode & 0o7777, row.owner, row.seconds, row.nanoseconds, row.attributes] as const
    if (isChosen) addFolders(path, isDirectory)
    if (row.type === 'file') {
      if (row.content === null) refuse({ path, reason: 'the backup does not have its content' })
      else target.run(row.content, stored, row.member, ...state, row.sparse)
    } else if (row.type === 'hardlink') {
      hard.run(stored, row.link ?? '', row.content, row.member, ...state, row.sparse)
    } else {
      node.run(stored, row.type, ...state, row.link, row.device)
    }
  }
}

/** Why a path is not restored. */
function pathTrouble(path: string, system: System): string | undefined {
  if (isTooLong(path)) return 'its name is too long'
  if (!isInnerPath(path)) return 'its name would lead outside the destination'
  const trouble = systemPathTrouble(path, system)
  return trouble && `Windows cannot hold its name: ${trouble}`
}

/** The rows of `query`, which takes `values`: all, or those within some paths and the folders above them. */
function* entriesWithin(
  catalog: Database.Database,
  within: readonly string[] | undefined,
  query: string,
  values: readonly unknown[],
): Generator<EntryRow> {
  if (within === undefined) return yield* catalog.prepare(query).iterate(...values) as Iterable<EntryRow>
  const one = catalog.prepare(`${query} AND path = ?`)
  const range = catalog.prepare(`${query} AND path >= ? AND path < ?`)
  const above = new Set(
    within.flatMap((path) => path.split('/').map((_, i, names) => names.slice(0, i + 1).join('/'))),
  )
  for (const path of above) yield* one.iterate(...values, pathForCatalog(path)) as Iterable<EntryRow>
  for (const path of within) {
    for (const { lower, upper } of rangesBelow(path)) {
      yield* range.iterate(...values, lower, upper) as Iterable<EntryRow>
    }
  }
}

/**
 * Copies the attributes with this number into the plan. If the catalog does not have them, the text is empty.
 */
function attributesAdder(catalog: Database.Database, plan: Database.Database): (id: number) => void {
  const known = plan.prepare('SELECT 1 FROM attribute WHERE id = ?')
  const find = catalog.prepare(`SELECT data FROM attribute WHERE id = ? AND length(data) <= ${maxTextLength}`)
  find.pluck()
  const add = plan.prepare('INSERT INTO attribute VALUES (?, ?)')
  return (id) => {
    if (known.get(id) === undefined) add.run(id, String(find.get(id) ?? ''))
  }
}

/** Adds the folders above a path, and the path itself if it is a folder. */
function folderAdder(plan: Database.Database): (path: string, isDirectory: boolean) => void {
  const add = plan.prepare('INSERT OR IGNORE INTO folder VALUES (?, 0)')
  const choose = plan.prepare('INSERT INTO folder VALUES (?, 1) ON CONFLICT(path) DO UPDATE SET chosen = 1')
  let last = ''
  return (path, isDirectory) => {
    let folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
    if (folder !== last) {
      last = folder
      while (folder !== '') {
        if (add.run(pathForCatalog(folder)).changes === 0) break // then the folders above exist as well
        folder = folder.slice(0, Math.max(folder.lastIndexOf('/'), 0))
      }
    }
    if (isDirectory) choose.run(pathForCatalog(path))
  }
}

export function planChunks(catalog: Database.Database, plan: Database.Database): void {
  const find = catalog.prepare('SELECT number, disc, name, bytes, sha256 FROM chunk WHERE number = ?').raw()
  const add = plan.prepare('INSERT INTO chunk VALUES (?, ?, ?, ?, ?)')
  for (const number of plan.prepare('SELECT DISTINCT chunk FROM piece').pluck().all() as number[]) {
    const row = find.get(number)
    if (row !== undefined) add.run(...(row as unknown[]))
  }
}
