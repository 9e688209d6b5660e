/** Directories, symlinks and FIFOs of the newest backup. */

import type Database from 'better-sqlite3'
import { pathFromCatalog } from '../format/path-text.ts'

export interface StructureRow {
  readonly path: string
  readonly type: 'dir' | 'symlink' | 'fifo'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  readonly mtime: bigint
  readonly link: string | null
  /** In the form of `format/attributes.ts`. */
  readonly attributes: string | null
}

type Row = [
  path: string | Buffer, type: StructureRow['type'], mode: bigint, uid: bigint, gid: bigint, user: string | null,
  group: string | null, mtime: bigint, link: string | Buffer | null, attributes: string | null,
] // prettier-ignore

export function* structureRows(db: Database.Database): Generator<StructureRow> {
  const rows = db
    .prepare(
      `SELECT e.path, e.type, e.mode, o.uid, o.gid, o.user, o.grp, e.mtime, e.link, a.data
      FROM entry e JOIN owner o ON o.id = e.owner LEFT JOIN attribute a ON a.id = e.attributes
      WHERE e.last IS NULL AND e.type IN ('dir', 'symlink', 'fifo') ORDER BY e.path`,
    )
    .safeIntegers()
    .raw()
    .all() as Row[]
  for (const [path, type, mode, uid, gid, user, group, mtime, link, attributes] of rows) {
    yield {
      path: pathFromCatalog(path),
      type,
      mode: Number(mode),
      uid: Number(uid),
      gid: Number(gid),
      user,
      group,
      mtime,
      link: link === null ? null : pathFromCatalog(link),
      attributes,
    }
  }
}
