/** The file beside a destination's plain catalog by which last names are found: written with the catalog, read by `find`. */

import path from 'node:path'
import type Database from 'better-sqlite3'
import type { PathRange } from '../catalog/entry-rows.ts'
import {
  digestInHead,
  makeNameFilter,
  nameFilterHeadBytes,
  namesKey,
  rangesOfNames,
} from '../catalog/name-filter.ts'
import { type Catalog, getMeta, setMeta } from '../catalog/working-catalog.ts'
import { namesFile, workFolder } from '../format/layout.ts'
import { lookAt, openFile } from '../media/disc-files.ts'

/** Where it is, of a catalog in `folder`. */
export const namesFileIn = (folder: string): string => path.join(folder, workFolder, namesFile)

/**
 * What is to stand in that file once `db` is the catalog of `destination`, and notes in `db` that it does; undefined where it does
 * already, as no path has come since.
 */
export function draftNames(db: Catalog, destination: string): Buffer | undefined {
  const known = getMeta(db, namesKey)
  if (known !== undefined && digestInHead(readUpTo(namesFileIn(destination), nameFilterHeadBytes)) === known)
    return undefined
  const { bytes, digest } = makeNameFilter(db)
  setMeta(db, namesKey, digest)
  return bytes
}

/** Where paths may be that end in one of `names`; undefined where nothing beside the catalog `file` says. */
export function placesOfNames(
  db: Database.Database,
  file: string,
  names: readonly string[],
): PathRange[] | undefined {
  const known = getMeta(db, namesKey)
  if (known === undefined) return undefined
  // It is a thirtieth of the catalog; of what is much larger only a part is read, which has another digest.
  const maxBytes = Math.max(freeBytes, (lookAt(file)?.sizeBytes ?? 0) / 8)
  return rangesOfNames(readUpTo(namesFileIn(path.dirname(file)), maxBytes), known, names)
}

const freeBytes = 1e6

/** The first bytes of a plain file; none of what there is not. */
function readUpTo(file: string, bytes: number): Buffer {
  try {
    const open = openFile(file)
    try {
      const content = Buffer.allocUnsafe(Math.min(bytes, open.sizeBytes))
      let done = 0
      for (let count = -1; count !== 0 && done < content.length; done += count) {
        count = open.readAt(content.subarray(done), done)
      }
      return content.subarray(0, done)
    } finally {
      open.close()
    }
  } catch {
    return Buffer.alloc(0)
  }
}
