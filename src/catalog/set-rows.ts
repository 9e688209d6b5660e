/** Backups, discs and chunks, as a run needs them. */

import {
  type BackupLine,
  type DiscLine,
  type ManifestLine,
  type RootLine,
  manifestFormat,
} from '../format/manifest.ts'
import type { Attributes } from '../format/attributes.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import { forgottenBackups, retentionLine } from './marks.ts'
import { type Catalog, getMeta } from './working-catalog.ts'

export interface BackupRow {
  readonly number: number
  readonly name: string | null
  readonly started: number
  readonly finished: number | null
  readonly source: string | Buffer | null
  readonly files: number | null
  readonly bytes: number | null
}

export interface DiscRow {
  readonly number: number
  readonly label: string
  readonly medium: string
  readonly capacity: number | null
  readonly bytes: number | null
  readonly state: string
  /** Milliseconds since 1970. */
  readonly burned: number | null
  readonly verified: number | null
  readonly location: string | null
  /** Percent of the disc for parity; null without parity. */
  readonly redundancy: number | null
}

export interface ChunkRow {
  readonly number: number
  readonly disc: number
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly backup: number
}

export const backupRows = (db: Catalog): BackupRow[] =>
  db
    .prepare('SELECT number, name, started, finished, source, files, bytes FROM backup ORDER BY number')
    .all() as BackupRow[]

/** The backups that are not forgotten. */
export function visibleBackupRows(db: Catalog): BackupRow[] {
  const forgotten = forgottenBackups(db)
  return backupRows(db).filter(({ number }) => !forgotten.has(number))
}

export const discRows = (db: Catalog): DiscRow[] =>
  db
    .prepare(
      'SELECT number, label, medium, capacity, bytes, state, burned, verified, location, redundancy FROM disc ORDER BY number',
    )
    .all() as DiscRow[]

/** The chunks, of one disc or of all, in order. */
export function chunkRows(db: Catalog, disc?: number): ChunkRow[] {
  const where = disc === undefined ? '' : 'WHERE disc = ?'
  const sql = `SELECT number, disc, name, bytes, lower(hex(sha256)) AS sha256, backup FROM chunk ${where} ORDER BY number`
  return db.prepare(sql).all(...(disc === undefined ? [] : [disc])) as ChunkRow[]
}

/** A chunk that the catalog has. */
export const chunkRow = (db: Catalog, chunk: number): ChunkRow =>
  db
    .prepare(
      'SELECT number, disc, name, bytes, lower(hex(sha256)) AS sha256, backup FROM chunk WHERE number = ?',
    )
    .get(chunk) as ChunkRow

export interface WrittenDisc {
  readonly backup: number
  readonly disc: number
  readonly chunks: number
  readonly bytes: number
}

/** The chunks that each backup added to each disc, in sums. */
export const writtenDiscs = (db: Catalog): WrittenDisc[] =>
  db
    .prepare(
      `SELECT backup, disc, count(*) AS chunks, sum(bytes) AS bytes FROM chunk GROUP BY backup, disc ORDER BY backup, disc`,
    )
    .all() as WrittenDisc[]

/** The number of chunks on each disc that has some. */
export const chunkCounts = (db: Catalog): Map<number, number> =>
  new Map(db.prepare('SELECT disc, count(*) FROM chunk GROUP BY disc').raw().all() as [number, number][])

/** The number of problems of each backup that has some. */
export const problemCounts = (db: Catalog): Map<number, number> =>
  new Map(
    db.prepare('SELECT backup, count(*) FROM problem GROUP BY backup').raw().all() as [number, number][],
  )

export function renameBackup(db: Catalog, backup: number, name: string): void {
  db.prepare('UPDATE backup SET name = ? WHERE number = ?').run(name, backup)
}

/** Sets the state of a disc as a manifest has it. */
export function restoreDisc(
  db: Catalog,
  { number, bytes = null, state, burned = null, verified = null, location = null }: DiscLine,
): void {
  db.prepare(
    'UPDATE disc SET bytes = ?, state = ?, burned = ?, verified = ?, location = ? WHERE number = ?',
  ).run(bytes, state, burned, verified, location, number)
}

/** Sets the used bytes of a disc, and whether it is open for more chunks. */
export function recordDisc(db: Catalog, disc: number, bytes: number, state: 'open' | 'sealed'): void {
  db.prepare('UPDATE disc SET bytes = ?, state = ? WHERE number = ?').run(bytes, state, disc)
}

const inBackup = 'first <= @backup AND (last IS NULL OR last >= @backup)'

/** Completes a backup: its end, and its counts. */
export function finishBackup(db: Catalog, backup: number, finished: number): void {
  db.prepare(
    `UPDATE backup SET finished = @finished, (files, bytes) =
      (SELECT count(*), coalesce(sum(size) FILTER (WHERE type = 'file'), 0)
        FROM entry WHERE ${inBackup} AND type IN ('file', 'hardlink') AND size IS NOT NULL)
    WHERE number = @backup`,
  ).run({ backup, finished })
}

const metaKeys = ['created', 'hash', 'encryption', 'check', 'recipients', 'recipient_keys', 'revision']

/**
 * A manifest lists this many of the newest chunks, which bounds its size. Older chunks are in the manifests
 * before.
 */
const storedLines = 50

/**
 * The lines at the start of every manifest of a run: the set, and its state when the run began. The chunk
 * fills in the numbers of the first line.
 */
export function manifestHead(db: Catalog, setId: string, root: RootLine): ManifestLine[] {
  const meta = db.prepare('SELECT value FROM meta WHERE key = ?')
  const options = optionsLine(db, root.backup)
  const retention = retentionLine(db)
  return [
    { t: 'chunk', format: manifestFormat, set: setId, chunk: 0, disc: 0, backup: 0 },
    { t: 'meta', key: 'set', value: setId },
    ...metaKeys.flatMap((key): ManifestLine[] => {
      const row = meta.get(key) as { value: string | number } | undefined
      return row ? [{ t: 'meta', key, value: String(row.value) }] : []
    }),
    ...backupLines(db),
    ...discLines(db),
    ...rootLines(db, root.backup),
    root,
    ...chunkRows(db)
      .slice(-storedLines)
      .map(({ number, ...row }): ManifestLine => ({ t: 'stored', chunk: number, ...row })),
    // Readers of older versions stop these lines at the first one that they do not know.
    ...(options === undefined ? [] : [options]),
    ...(retention === undefined ? [] : [retention]),
  ]
}

export const backupLines = (db: Catalog): BackupLine[] =>
  backupRows(db).map((row) => ({
    t: 'backup',
    ...row,
    source: row.source === null ? '' : pathFromCatalog(row.source),
  }))

export const discLines = (db: Catalog): DiscLine[] =>
  discRows(db).map(({ redundancy, ...known }) => ({
    t: 'disc',
    ...known,
    ...(redundancy === null ? {} : { redundancy }),
  }))

/** The options of the newest backup, in the manifest of backup `backup`. */
export function optionsLine(db: Catalog, backup: number): ManifestLine | undefined {
  const options = getMeta(db, 'options')
  return options === undefined ? undefined : { t: 'options', backup, options: JSON.parse(options) as object }
}

/**
 * The roots of all backups. With `before`, those of earlier backups without a chunk, whose manifest would
 * have them.
 */
export function rootLines(db: Catalog, before?: number): RootLine[] {
  const only =
    before === undefined
      ? '1'
      : `r.backup < @before AND NOT EXISTS (SELECT 1 FROM chunk k WHERE k.backup = r.backup)`
  const rows = db
    .prepare(
      `SELECT r.backup, r.mode, o.uid, o.gid, o.user, o.grp AS "group", CAST(r.mtime AS TEXT) AS mtime,
        a.data AS attributes
      FROM root r JOIN owner o ON o.id = r.owner LEFT JOIN attribute a ON a.id = r.attributes
      WHERE ${only} ORDER BY r.backup`,
    )
    .all(before === undefined ? {} : { before }) as (Omit<RootLine, 't' | 'attributes'> & {
    readonly attributes: string | null
  })[]
  return rows.map(({ attributes, ...row }) => ({
    t: 'root',
    ...row,
    ...(attributes === null ? {} : { attributes: JSON.parse(attributes) as Attributes }),
  }))
}
