/** The folders of a restored tree: they come first, and get their owners, modes and times at the very end. */

import fs from 'node:fs'
import type Database from 'better-sqlite3'
import { pathFromCatalog } from '../format/path-text.ts'
import {
  type FoundFolders,
  isUnfinished,
  makeUnfinished,
  openFolder,
  ownerAll,
  stateOf,
} from './found-folders.ts'
import { type Metadata, setMetadata } from './metadata.ts'
import { NotRestored, type Placing } from './place.ts'
import { below, FolderCheck } from './safe-path.ts'
import { paused, type PathValue, type StructureEvents, tryPath } from './structure.ts'

interface FolderRow {
  readonly path: PathValue
  readonly chosen: number
}

/** Makes every folder of the plan, and opens to its owner what it finds. */
export async function makeFolders(
  plan: Database.Database,
  placing: Placing,
  found: FoundFolders,
  events: StructureEvents,
): Promise<void> {
  const folders = new FolderCheck(placing.destination)
  const rows = plan.prepare('SELECT path, chosen FROM folder ORDER BY path').iterate() as Iterable<FolderRow>
  for await (const row of paused(rows, events.pause)) {
    const name = pathFromCatalog(row.path)
    tryPath(name, events, () => {
      if (!folders.hasFolderOf(name)) throw new NotRestored('its folder is not there, or is no folder')
      const final = below(placing.destination, name)
      const there = fs.lstatSync(final, { throwIfNoEntry: false })
      if (there?.isDirectory()) {
        if (row.chosen === 0 && !isUnfinished(there)) found.note(name, stateOf(final))
        openFolder(final, there)
        return
      }
      if (there !== undefined) {
        if (!placing.overwrite)
          throw new NotRestored('something that is no directory stands there (--overwrite replaces it)')
        fs.unlinkSync(final)
      }
      makeUnfinished(final)
    })
  }
}

type FinishedRow = FolderRow & { readonly [key in keyof Metadata]: Metadata[key] | null }

/** The deepest first: what is made in a folder changes its time, and its mode may close it. */
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
      if (!new FolderCheck(placing.destination).isFolder(name)) return // told when it could not be made
      if (found.putBack(name)) return
      const folder = below(placing.destination, name)
      if (!isKnown(row)) return fs.chmodSync(folder, ownerAll)
      events.missed(name, setMetadata(folder, row))
      events.restored('directory', name)
    })
  }
}

/** False of a folder of which the catalog knows only what is in it. */
const isKnown = (row: FinishedRow): row is FolderRow & Metadata => row.mode !== null
