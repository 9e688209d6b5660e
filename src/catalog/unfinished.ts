/** Files that an earlier run stored in part, and entries that differ only in ctime and inode. */

import type { FileState } from '../format/entry-state.ts'
import { pathForCatalog } from '../format/path-text.ts'
import { isIntact } from './broken-contents.ts'
import type { Catalog } from './working-catalog.ts'

interface Unfinished {
  readonly content: number
  /** The number of parts of the file. */
  readonly count: number
  readonly parts: readonly {
    readonly part: number
    readonly offset: number
    readonly size: number
    readonly hash: string
  }[]
}

export interface UnfinishedFinder {
  /** The stored parts of exactly this state of the file: the first ones, without a gap. */
  readonly find: (file: FileState) => Unfinished | undefined
  /** Discards the stored parts of a content, because its file changed. */
  readonly forget: (content: number) => void
}

/** `reuseFrom`: the first content that may be resumed. */
export function unfinishedFinder(db: Catalog, reuseFrom: number): UnfinishedFinder {
  const isAny = db.prepare('SELECT 1 FROM unfinished LIMIT 1').pluck()
  const find = db.prepare(`SELECT u.content, c.parts FROM unfinished u JOIN content c ON c.id = u.content
    WHERE u.path = ? AND u.mtime = ? AND u.ctime = ? AND u.inode = ? AND c.size = ?
    AND u.content >= ? AND ${isIntact('u.content')} ORDER BY u.content DESC`)
  const parts = db.prepare(
    'SELECT part, offset, size, lower(hex(hash)) AS hash FROM part WHERE content = ? ORDER BY part',
  )
  const forget = db.prepare('DELETE FROM unfinished WHERE content = ?')
  return {
    find: (file) => {
      if (isAny.get() === undefined) return undefined
      const { mtime, ctime, inode, size } = file
      const row = find.get(pathForCatalog(file.path), mtime, ctime, inode, size, reuseFrom) as
        { content: number; parts: number } | undefined
      if (!row) return undefined
      const stored = parts.all(row.content) as Unfinished['parts'][number][]
      const isWithoutGap = stored.every(({ part }, index) => part === index + 1)
      return isWithoutGap && stored.length > 0
        ? { content: row.content, count: row.parts, parts: stored }
        : undefined
    },
    forget: (content) => {
      forget.run(content)
    },
  }
}

/** Returns the function that updates the ctime and inode of an entry. */
export function ctimeRefresher(
  db: Catalog,
): (path: string, first: number, ctime: bigint, inode: bigint) => void {
  const touch = db.prepare('UPDATE entry SET ctime = ?, inode = ? WHERE path = ? AND first = ?')
  return (path, first, ctime, inode) => {
    touch.run(ctime, inode, pathForCatalog(path), first)
  }
}
