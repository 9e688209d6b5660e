/** How many names a file has. The catalog has no index for that, so the hard links are read once. */

import type Database from 'better-sqlite3'
import { openDatabase } from '../sqlite/open-database.ts'

export interface HardLinks {
  /** The names of a file in a backup besides the one that has its row. */
  readonly count: (backup: number, path: string | Buffer) => number
  readonly close: () => void
}

/** Reads all hard links of the catalog into memory at the first question. Most sets have few. */
export function readHardLinks(catalog: Database.Database): HardLinks {
  let counts: Counts | undefined
  return {
    count: (backup, path) => (counts ??= countsIn(catalog)).of?.(backup, path) ?? 0,
    close: () => counts?.memory.close(),
  }
}

interface Counts {
  readonly memory: Database.Database
  /** Undefined if there are no hard links. */
  readonly of: ((backup: number, path: string | Buffer) => number) | undefined
}

function countsIn(catalog: Database.Database): Counts {
  const memory = openDatabase(':memory:')
  memory.exec('CREATE TABLE hard(link, first INTEGER, last INTEGER)')
  const add = memory.prepare('INSERT INTO hard VALUES (?, ?, ?)')
  const rows = catalog.prepare(`SELECT link, first, last FROM entry WHERE type = 'hardlink'`).raw()
  let any = false
  memory.transaction(() => {
    for (const row of rows.iterate() as Iterable<unknown[]>) {
      any = true
      add.run(...row)
    }
  })()
  if (!any) return { memory, of: undefined }
  memory.exec('CREATE INDEX hard_by_link ON hard(link)')
  const count = memory
    .prepare('SELECT count(*) FROM hard WHERE link = ? AND first <= ? AND (last IS NULL OR last >= ?)')
    .pluck()
  return { memory, of: (backup, path) => count.get(path, backup, backup) as number }
}
