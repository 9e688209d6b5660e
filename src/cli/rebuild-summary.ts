/** The lines at the end of a rebuild. */

import type { MissingRange, RebuildSummary, RebuiltBackup } from '../commands/rebuild/rebuild-options.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showCounted, showDuration, showLocalTime } from './show.ts'
import { textTable } from './text-table.ts'

export function rebuildSummaryLines(summary: RebuildSummary): string[] {
  const { backups, chunks, discs, bytes, seconds, missingDiscs, missingChunks } = summary
  return [
    ...textTable([['backup', 'date', 'files', 'state', 'name'], ...backups.map(backupRow)], {
      right: [0, 2],
    }),
    `read: ${showCounted(chunks, 'chunk')} of ${showCounted(discs.length, 'disc')} (${showSize(bytes)}), in ${showDuration(seconds)}`,
    ...missingDiscs.map((disc) => `missing: ${showDisc(disc)}`),
    ...(missingChunks.length > 0 ? [`missing: ${showMissing(missingChunks)}`] : []),
    `written: ${showPath(summary.catalog)}`,
  ]
}

const backupRow = (backup: RebuiltBackup): string[] => [
  String(backup.backup),
  showLocalTime(backup.started),
  backup.files === null ? '-' : String(backup.files),
  stateOf(backup),
  backup.name === null ? '' : showPath(backup.name),
]

function stateOf({ missingChunks, finished }: RebuiltBackup): string {
  if (missingChunks.length > 0) return `lacks ${showMissing(missingChunks)}`
  return finished === null ? 'not finished' : 'complete'
}

export const showDisc = ({
  disc,
  label,
}: {
  readonly disc: number
  readonly label: string | null
}): string => (label === null ? `disc ${disc}` : `disc ${disc} (${showPath(label)})`)

/** `chunks 3-5, 9` */
export function showMissing(ranges: readonly MissingRange[]): string {
  const numbers = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
  const isOne = ranges.length === 1 && ranges[0]?.first === ranges[0]?.last
  return `${isOne ? 'chunk' : 'chunks'} ${numbers.join(', ')}`
}
