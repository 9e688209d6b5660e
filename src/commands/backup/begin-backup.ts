/** Chooses the backup that a run works on. */

import { manifestApplier } from '../../catalog/apply-manifest.ts'
import { sealDisc } from '../../catalog/disc-life.ts'
import { backupRows, chunkRows, discRows, renameBackup } from '../../catalog/set-rows.ts'
import { optionFields } from '../../format/set-options.ts'
import { sourceText } from '../../format/source-tree.ts'
import type { RunOptions } from './backup-run.ts'
import type { OpenSet } from '../../set/open-set.ts'
import { rootEntry } from './root-entry.ts'

/** The number of a new backup, or of the interrupted one. */
export function beginBackup(set: OpenSet, options: RunOptions): number {
  const apply = manifestApplier(set.db)
  const newest = backupRows(set.db).at(-1)
  const number = newest === undefined || newest.finished !== null ? (newest?.number ?? 0) + 1 : newest.number
  const unfinished = newest?.number === number ? newest : undefined
  const started = unfinished?.started ?? Date.now()
  apply({
    t: 'backup',
    number,
    name: options.name ?? unfinished?.name ?? null,
    started,
    finished: null,
    source: sourceText(options.source),
    files: null,
    bytes: null,
  })
  if (unfinished && options.name !== undefined) {
    renameBackup(set.db, number, options.name)
  }
  apply(rootEntry(options.source, number, started))
  apply({ t: 'options', backup: number, options: optionFields(options) })
  return number
}

/** If an interrupted run of the same backup began a disc, nothing is sealed: that disc is the new one. */
export function sealEarlierDiscs(db: OpenSet['db'], current: number): void {
  for (const { number } of discRows(db)) {
    if (chunkRows(db, number).some((chunk) => chunk.backup < current)) sealDisc(db, number)
  }
}
