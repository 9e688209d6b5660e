/** The folders of a restored tree. They are made first, and get their owners, modes and times last. */

import fs from 'node:fs'
import type Database from 'better-sqlite3'
import { rangesBelow } from '../catalog/entry-rows.ts'
import { pathForCatalog, pathFromCatalog } from '../format/path-text.ts'
import {
  type FoundFolders,
  isUnfinished,
  makeUnfinished,
  openFolder,
  ownerAll,
  stateOf,
} from './found-folders.ts'
import { type Metadata, setMetadata } from './metadata.ts'
import { NotRestored } from './not-restored.ts'
import { type Placing, standing } from './install-file.ts'
import { indexByPath } from './plan-tables.ts'
import { dropNeedless } from './standing-files.ts'
import type { StandingNames } from './standing-names.ts'
import { withName } from './name-trouble.ts'
import { below, FolderCheck } from './safe-path.ts'
import { paused, type PathValue, type StructureEvents, tryPath } from './structure.ts'

interface FolderRow {
  readonly path: PathValue
  readonly chosen: number
}

/** Makes every folder of the plan, and gives the owner access to the existing ones. */
export async function makeFolders(
  plan: Database.Database,
  placing: Placing,
  names: StandingNames,
  found: FoundFolders,
  events: StructureEvents,
): Promise<void> {
  const refused = new Set<string>()
  const folders = new FolderCheck(placing.destination)
  const rows = plan.prepare('SELECT path, chosen FROM folder ORDER BY path').iterate() as Iterable<FolderRow>
  for await (const row of paused(rows, events.pause)) {
    const name = pathFromCatalog(row.path)
    tryPath(name, events, () => {
      if (isBelowAny(refused, name)) throw new NotRestored(folderMissing)
      if (!folders.hasFolderOf(name)) throw new NotRestored('its folder is missing or not a folder')
      const final = below(placing.destination, name)
      const there = standing(placing, name)
      if (there) checkName(names, name, there, refused)
      if (there?.isDirectory()) {
        if (row.chosen === 0 && !isUnfinished(there)) found.record(name, stateOf(final))
        openFolder(final, there)
        names.list(name)
        return
      }
      if (there !== undefined) {
        if (!placing.overwrite)
          throw new NotRestored('something else is in its place (--overwrite replaces it)')
        fs.unlinkSync(final)
      }
      withName(placing.destination, name, () => makeUnfinished(final))
    })
  }
  dropRefused(plan, refused, events)
}

const folderMissing = 'its folder is not restored'

/**
 * If two folders are one to the file system, they are not merged: the second would get the access rights of
 * the first.
 */
function checkName(names: StandingNames, name: string, there: fs.Stats, refused: Set<string>): void {
  try {
    names.check(name, there)
  } catch (error) {
    refused.add(name)
    throw error
  }
}

function isBelowAny(folders: ReadonlySet<string>, name: string): boolean {
  if (folders.size === 0) return false
  for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1))
    if (folders.has(name.slice(0, slash))) return true
  return false
}

const dropAtATime = 1000

/** Removes the contents of these folders from the plan. */
function dropRefused(plan: Database.Database, refused: ReadonlySet<string>, events: StructureEvents): void {
  if (refused.size === 0) return
  plan.exec(indexByPath)
  for (const folder of refused) {
    plan.prepare('DELETE FROM folder WHERE path = ?').run(pathForCatalog(folder))
    for (const { lower, upper } of rangesBelow(folder)) {
      plan.prepare('DELETE FROM folder WHERE path >= ? AND path < ?').run(lower, upper)
      plan.prepare(`DELETE FROM node WHERE path >= ? AND path < ? AND type = 'dir'`).run(lower, upper)
      for (const table of ['target', 'hard', 'node']) {
        const next = plan
          .prepare(`SELECT path FROM ${table} WHERE path >= ? AND path < ? LIMIT ${dropAtATime}`)
          .pluck()
        const drop = plan.prepare(`DELETE FROM ${table} WHERE path = ?`)
        for (let paths = next.all(lower, upper); paths.length > 0; paths = next.all(lower, upper)) {
          for (const path of paths as PathValue[]) {
            events.failed(pathFromCatalog(path), folderMissing)
            drop.run(path)
          }
        }
      }
    }
  }
  dropNeedless(plan)
}

type FinishedRow = FolderRow & { readonly [key in keyof Metadata]: Metadata[key] | null }

/**
 * Starts with the deepest folder: making something in a folder changes its time, and its mode may close it.
 */
export async function finishFolders(
  plan: Database.Database,
  placing: Placing,
  found: FoundFolders,
  events: StructureEvents,
): Promise<void> {
  const rows = plan
    .prepare(
      `SELECT f.path, f.chosen, n.mode, n.seconds, n.nanoseconds, o.uid, o.gid, a.data AS attributes
      FROM folder f LEFT JOIN node n ON n.path = f.path AND n.type = 'dir' LEFT JOIN owner o ON o.id = n.owner
        LEFT JOIN attribute a ON a.id = n.attributes ORDER BY f.path DESC`,
    )
    .iterate() as Iterable<FinishedRow>
  for await (const row of paused(rows, events.pause)) {
    const name = pathFromCatalog(row.path)
    tryPath(name, events, () => {
      if (!new FolderCheck(placing.destination).isFolder(name)) return // already reported
      if (found.putBack(name)) return
      const folder = below(placing.destination, name)
      if (!isKnown(row)) return fs.chmodSync(folder, ownerAll)
      events.missed(name, setMetadata(folder, row))
      events.restored('directory', name)
    })
  }
}

/** False for a folder of which the catalog knows only the contents. */
const isKnown = (row: FinishedRow): row is FolderRow & Metadata => row.mode !== null
