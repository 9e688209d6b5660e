/** The content of one disc in numbers. */

import type Database from 'better-sqlite3'

export interface DiscFigures {
  readonly chunks: number
  readonly storedBytes: number
  /** Paths whose content is on the disc, at least in part. */
  readonly files: number
  /** The bytes of these contents that are on the disc. */
  readonly sourceBytes: number
  /** The backups that stored data on it, in order. */
  readonly backups: readonly FiguredBackup[]
}

interface FiguredBackup {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly started: number
}

const here = 'SELECT number FROM chunk WHERE disc = @disc'

export function discFigures(db: Database.Database, disc: number): DiscFigures {
  const stored = db
    .prepare(
      'SELECT count(*) AS chunks, coalesce(sum(bytes), 0) AS storedBytes FROM chunk WHERE disc = @disc',
    )
    .get({ disc }) as { chunks: number; storedBytes: number }
  const files = db
    .prepare(
      `SELECT count(DISTINCT path) FROM entry WHERE type IN ('file', 'hardlink') AND content IN (
        SELECT id FROM content WHERE chunk IN (${here}) UNION SELECT content FROM part WHERE chunk IN (${here}))`,
    )
    .pluck()
    .get({ disc }) as number
  const sourceBytes = db
    .prepare(
      `SELECT (SELECT coalesce(sum(size), 0) FROM content WHERE parts <= 1 AND chunk IN (${here}))
        + (SELECT coalesce(sum(size), 0) FROM main.part WHERE chunk IN (${here}))`,
    )
    .pluck()
    .get({ disc }) as number
  const backups = db
    .prepare(
      `SELECT number, started FROM backup WHERE number IN (SELECT backup FROM chunk WHERE disc = @disc) ORDER BY number`,
    )
    .all({ disc }) as FiguredBackup[]
  return { ...stored, files, sourceBytes, backups }
}
