/** The metadata of the source directory itself. */

import type Database from 'better-sqlite3'

export interface RootRow {
  readonly mode: bigint
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
  /** In the form of `format/attributes.ts`. */
  readonly attributes: string | null
  readonly uid: bigint
  readonly gid: bigint
  readonly user: string | null
  readonly grp: string | null
}

export const rootRow = (db: Database.Database, backup: number): RootRow | undefined =>
  db
    .prepare(
      `SELECT r.mode, r.mtime, a.data AS attributes, o.uid, o.gid, o.user, o.grp
      FROM root r JOIN owner o ON o.id = r.owner LEFT JOIN attribute a ON a.id = r.attributes WHERE r.backup = ?`,
    )
    .safeIntegers()
    .get(backup) as RootRow | undefined
