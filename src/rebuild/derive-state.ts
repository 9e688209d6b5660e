/** Writes the rows that follow from all manifests together: disc states, finished backups, the revision. */

import {
  backupRows,
  chunkRows,
  discRows,
  finishBackup,
  recordDisc,
  restoreDisc,
} from '../catalog/set-rows.ts'
import { applyRetention } from '../catalog/marks.ts'
import { applyReplacements } from '../catalog/replaced-contents.ts'
import { type Catalog, getMeta, highest, setMeta } from '../catalog/working-catalog.ts'
import type { DiscLine } from '../format/manifest.ts'
import type { Applied } from './apply-chunks.ts'

export interface DeriveOptions {
  readonly setId: string
  /**
   * The numbers of missing chunks, as text, or undefined. The content numbers of missing chunks must not be
   * reused.
   */
  readonly missing: string | undefined
  /** The bytes taken on a disc by chunks of these sizes, by the rules in the line. */
  readonly usedBytes: (take: DiscLine, sizes: readonly number[]) => number
}

export function deriveState(db: Catalog, applied: Applied, options: DeriveOptions): void {
  applyReplacements(db)
  deriveDiscs(db, applied, options)
  deriveBackups(db, applied)
  applyRetention(db, applied.retention)
  setMeta(db, 'set', options.setId)
  setMeta(db, 'created', Number(getMeta(db, 'created') ?? 0))
  setMeta(db, 'revision', applied.revision + 1)
  if (options.missing === undefined) return
  setMeta(db, 'missing', options.missing)
  setMeta(db, 'missing_until', highest(db, 'backup'))
  if (applied.contents > highest(db, 'content')) setMeta(db, 'contents', applied.contents)
}

/** The rows as `backup` leaves them: the state before the newest run, and its results. */
function deriveDiscs(db: Catalog, { chunks, discs, taken: take }: Applied, options: DeriveOptions): void {
  const newest = chunks.at(-1)
  const known = newest?.stored.at(-1)?.chunk ?? 0
  const ofRun = new Set(chunks.filter(({ chunk }) => chunk.chunk > known).map(({ chunk }) => chunk.disc))
  const last = highest(db, 'disc')
  for (const { number, redundancy } of discRows(db)) {
    const line = discs.get(number)
    if (line) {
      restoreDisc(db, line)
    }
    const isSettled = line !== undefined && line.state !== 'open' && (line.bytes ?? null) !== null
    if (take === undefined || (isSettled && !ofRun.has(number))) continue
    const sizes = chunkRows(db, number).map((chunk) => chunk.bytes)
    const isOther = redundancy !== (take.redundancy ?? null)
    const bytes = (isOther ? line?.bytes : undefined) ?? options.usedBytes(take, sizes)
    recordDisc(db, number, bytes, number < last ? 'sealed' : 'open')
  }
}

/** A backup is finished if the run of its highest chunk finished it. */
function deriveBackups(db: Catalog, { chunks, ends }: Applied): void {
  for (const { number, finished } of backupRows(db)) {
    const end = ends.get(number)
    if (finished !== null || end === undefined) continue
    const highestOf = chunks.findLast(({ chunk }) => chunk.backup === number)
    const known = highestOf?.stored.at(-1)?.chunk ?? 0
    if (end.chunk > known) finishBackup(db, number, end.line.finished)
  }
}
