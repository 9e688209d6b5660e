/** How many names a file has. The catalog has no index for that, so the hard links are read once. */

import Database from 'better-sqlite3'

export interface HardLinks {
  /** The names of a file in a backup besides the one that has its row. */
  readonly count: (backup: number, path: string | Buffer) => number
  readonly close: () => void
}

/** Reads all hard links of the catalog into memory. Most sets have few. */
export function readHardLinks(catalog: Database.Database): HardLinks {
  const memory = new Database(':memory:')
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
  memory.exec('CREATE INDEX hard_by_link ON hard(link)')
  const count = memory
    .prepare('SELECT count(*) FROM hard WHERE link = ? AND first <= ? AND (last IS NULL OR last >= ?)')
    .pluck()
  return {
    count: (backup, path) => (any ? (count.get(path, backup, backup) as number) : 0),
    close: () => memory.close(),
  }
}
