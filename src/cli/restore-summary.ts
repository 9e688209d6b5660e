/** The lines at the end of a restore. */

import type { RestoreSummary } from '../commands/restore/restore-options.ts'
import { showSize } from '../format/size-text.ts'
import { discText } from './disc-asker.ts'
import { showCounted, showDuration } from './show.ts'

export function restoreSummaryLines(summary: RestoreSummary): string[] {
  const { files, directories, symlinks, bytes, seconds } = summary
  const things = [
    `${showCounted(files, 'file')} (${showSize(bytes)})`,
    showCounted(directories, 'directory', 'directories'),
    showCounted(symlinks, 'symlink'),
  ].join(', ')
  const read = `${showCounted(summary.chunks, 'chunk')} on ${showCounted(summary.discs.length, 'disc')}`
  if (summary.dryRun) {
    return [
      `backup ${summary.backup} would restore ${things}`,
      `to read: ${read}`,
      ...summary.missingDiscs.map((disc) => `not here: ${discText(disc)}`),
      'nothing was written',
    ]
  }
  // Links and empty files are made without reading.
  const speed = seconds > 0 && summary.chunks > 0 ? `, ${showSize(Math.round(bytes / seconds))}/s` : ''
  return [
    `backup ${summary.backup}: ${things} restored and checked`,
    `read: ${read}, in ${showDuration(seconds)}${speed}`,
    ...(summary.salvaged > 0
      ? [`salvaged as NAME.butcher-damaged: ${showCounted(summary.salvaged, 'file')}`]
      : []),
    ...(summary.failed > 0 ? [`not restored: ${showCounted(summary.failed, 'file')}`] : []),
  ]
}
