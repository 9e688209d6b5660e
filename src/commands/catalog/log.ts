import type Database from 'better-sqlite3'

export interface LoggedBackup {
  readonly backup: number
  readonly name: string | null
  /** Milliseconds since 1970. */
  readonly started: number
  /** Null if the backup is not complete yet. */
  readonly finished: number | null
  readonly files: number | null
  readonly bytes: number | null
  /** The chunks that this backup added, and their discs. */
  readonly chunks: number
  readonly bytesStored: number
  readonly discs: readonly number[]
  /** Source paths that were unreadable, or changed while they were read. */
  readonly problems: number
}

/** The backups of the catalog, oldest first. */
export function log(db: Database.Database): LoggedBackup[] {
  const backups = db
    .prepare('SELECT number, name, started, finished, files, bytes FROM backup ORDER BY number')
    .all() as BackupRow[]
  const discs = db
    .prepare(
      `SELECT backup, disc, count(*) AS chunks, sum(bytes) AS bytes FROM chunk GROUP BY backup, disc ORDER BY backup, disc`,
    )
    .all() as DiscRow[]
  const problems = db.prepare('SELECT count(*) FROM problem WHERE backup = ?').pluck()
  const discsOf = Map.groupBy(discs, (row) => row.backup)
  return backups.map(({ number, ...row }) => {
    const written = discsOf.get(number) ?? []
    return {
      backup: number,
      ...row,
      chunks: written.reduce((sum, disc) => sum + disc.chunks, 0),
      bytesStored: written.reduce((sum, disc) => sum + disc.bytes, 0),
      discs: written.map((disc) => disc.disc),
      problems: problems.get(number) as number,
    }
  })
}

interface BackupRow {
  readonly number: number
  readonly name: string | null
  readonly started: number
  readonly finished: number | null
  readonly files: number | null
  readonly bytes: number | null
}

interface DiscRow {
  readonly backup: number
  readonly disc: number
  readonly chunks: number
  readonly bytes: number
}
