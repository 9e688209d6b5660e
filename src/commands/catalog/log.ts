import type Database from 'better-sqlite3'
import { forgottenBackups, pinnedBackups } from '../../catalog/marks.ts'
import { backupRows, problemCounts, writtenDiscs } from '../../catalog/set-rows.ts'

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
  /** When it was forgotten, in milliseconds since 1970; null if it was not. */
  readonly forgotten: number | null
  readonly pinned: boolean
}

/** The backups of the catalog, oldest first. */
export function log(db: Database.Database): LoggedBackup[] {
  const problems = problemCounts(db)
  const [forgotten, pinned] = [forgottenBackups(db), pinnedBackups(db)]
  const discsOf = Map.groupBy(writtenDiscs(db), (row) => row.backup)
  return backupRows(db).map(({ number, source: _source, ...row }) => {
    const written = discsOf.get(number) ?? []
    return {
      backup: number,
      ...row,
      chunks: written.reduce((sum, disc) => sum + disc.chunks, 0),
      bytesStored: written.reduce((sum, disc) => sum + disc.bytes, 0),
      discs: written.map((disc) => disc.disc),
      problems: problems.get(number) ?? 0,
      forgotten: forgotten.get(number) ?? null,
      pinned: pinned.has(number),
    }
  })
}
