/** What is told at the end of a backup. */

import path from 'node:path'
import type { BackupSummary, DiscFill } from '../commands/backup-options.ts'
import { discFolder } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showCount, showCounted, showDuration, showShare } from './show.ts'
import { textTable } from './text-table.ts'

export function backupSummaryLines(summary: BackupSummary, destination: string): string[] {
  return summary.dryRun ? dryRunLines(summary) : [...doneLines(summary), ...discLines(summary, destination)]
}

function dryRunLines(summary: BackupSummary): string[] {
  const { estimate } = summary
  return [
    `backup ${summary.backup} would have ${filesText(summary)}`,
    `to store: ${showSize(summary.bytesSource)}`,
    ...(estimate
      ? [
          `it would take about ${showSize(estimate.bytesStored)} on ${showCounted(estimate.discs, 'disc')}, estimated ${estimate.method}`,
        ]
      : []),
    'nothing was written',
  ]
}

function doneLines(summary: BackupSummary): string[] {
  const speed =
    summary.seconds > 0 ? `, ${showSize(Math.round(summary.bytesSource / summary.seconds))}/s` : ''
  const took = `in ${showDuration(summary.seconds)}`
  const lines = [
    `backup ${summary.backup}${summary.complete ? '' : ' (not complete)'}: ${filesText(summary)}`,
  ]
  if (summary.chunks === 0) return [...lines, `nothing new to store, ${took}`]
  const ratio =
    summary.bytesStored < 2 * summary.bytesSource
      ? ` (${showShare(summary.bytesStored, summary.bytesSource)} of its size)`
      : ''
  const where = `${showCounted(summary.chunks, 'chunk')} on ${showCounted(summary.discs.length, 'disc')}`
  lines.push(
    summary.bytesSource === 0
      ? `stored: ${showSize(summary.bytesStored)}, ${where}, ${took}`
      : `stored: ${showSize(summary.bytesSource)} as ${showSize(summary.bytesStored)}${ratio}, ${where}, ${took}${speed}`,
  )
  return lines
}

function filesText(summary: BackupSummary): string {
  const known =
    summary.filesDeduplicated > 0 ? ` (${showCount(summary.filesDeduplicated)} of known content)` : ''
  return (
    `${showCount(summary.filesNew)} new, ${showCount(summary.filesChanged)} changed${known}, ` +
    `${showCount(summary.filesUnchanged)} unchanged, ${showCount(summary.filesDeleted)} deleted files`
  )
}

function discLines(summary: BackupSummary, destination: string): string[] {
  const { fill } = summary
  const table = textTable(
    fill.map((disc) => [`  disc ${disc.disc}`, disc.label, fillText(disc), disc.state]),
    [],
  )
  // An open disc can wait: the next backup goes on with it.
  const next = fill.find((disc) => disc.state !== 'open') ?? fill[0]
  const lines = [...table]
  if (next) {
    const folder = showPath(path.join(destination, discFolder(next.disc)))
    const open =
      next.state === 'open'
        ? '; it still has room, and the next backup goes on with it while it is there'
        : ''
    lines.push(`burn next: ${folder} (${next.label}, ${fillText(next)})${open}`)
  }
  if (!summary.complete)
    lines.push('not everything is stored yet: the same command goes on with the next discs')
  return lines
}

const fillText = ({ usedBytes, capacityBytes }: DiscFill): string =>
  capacityBytes === null
    ? showSize(usedBytes)
    : `${showSize(usedBytes)} of ${showSize(capacityBytes)}, ${showShare(usedBytes, capacityBytes)}`
