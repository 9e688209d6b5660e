/** The basename filter beside a plain catalog in a destination: written with the catalog, read by `find`. */

import path from 'node:path'
import type Database from 'better-sqlite3'
import type { PathRange } from '../catalog/entry-rows.ts'
import {
  digestInHead,
  makeBasenameFilter,
  basenameFilterHeadBytes,
  namesKey,
  rangesOfBasenames,
} from '../catalog/basename-filter.ts'
import { type Catalog, getMeta, setMeta } from '../catalog/working-catalog.ts'
import { namesFile, workFolder } from '../format/layout.ts'
import { inspectFile, openFile } from '../media/disc-files.ts'

/** Its path, for a catalog in `folder`. */
export const basenameFilterFile = (folder: string): string => path.join(folder, workFolder, namesFile)

/**
 * The new content of that file for `db` as the catalog of `destination`; records its digest in `db`.
 * Undefined if the file is up to date, because no path was added.
 */
export function draftBasenameFilter(db: Catalog, destination: string): Buffer | undefined {
  const known = getMeta(db, namesKey)
  if (
    known !== undefined &&
    digestInHead(readUpTo(basenameFilterFile(destination), basenameFilterHeadBytes)) === known
  )
    return undefined
  const { bytes, digest } = makeBasenameFilter(db)
  setMeta(db, namesKey, digest)
  return bytes
}

/** Ranges of paths that may end in one of `names`; undefined if the catalog `file` has no filter. */
export function basenameRanges(
  db: Database.Database,
  file: string,
  names: readonly string[],
): PathRange[] | undefined {
  const known = getMeta(db, namesKey)
  if (known === undefined) return undefined
  // The filter is a thirtieth of the catalog. Of a much larger file only a part is read; its digest differs.
  const maxBytes = Math.max(allowedBytes, (inspectFile(file)?.sizeBytes ?? 0) / 8)
  return rangesOfBasenames(readUpTo(basenameFilterFile(path.dirname(file)), maxBytes), known, names)
}

const allowedBytes = 1e6

/** The first bytes of a plain file; empty if it does not exist. */
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
