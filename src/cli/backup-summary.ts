/** What is told at the end of a backup. */

import type { BackupSummary, DiscFill } from '../commands/backup/backup-options.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import { shellWord } from '../format/shell-word.ts'
import { showSize } from '../format/size-text.ts'
import { showCount, showCounted, showDuration, showShare } from './show.ts'
import { textTable } from './text-table.ts'

export function backupSummaryLines(summary: BackupSummary, destination: string): string[] {
  return summary.dryRun
    ? dryRunLines(summary)
    : [...doneLines(summary), ...encryptionLines(summary), ...discLines(summary, destination)]
}

function dryRunLines(summary: BackupSummary): string[] {
  const { estimate } = summary
  return [
    `backup ${summary.backup} would have ${filesText(summary)}`,
    `to store: ${showSize(packedBytes(summary) - summary.storedBefore.bytesSource)}`,
    ...(estimate
      ? [
          `it would take about ${showSize(estimate.bytesStored)} on ${showCounted(estimate.discs, 'disc')}, estimated ${estimate.method}`,
        ]
      : []),
    'nothing was written',
  ]
}

function doneLines(summary: BackupSummary): string[] {
  const { storedBefore: before } = summary
  const took = `in ${showDuration(summary.seconds)}`
  const lines = [
    `backup ${summary.backup}${summary.complete ? '' : ' (not complete)'}: ${filesText(summary)}`,
    ...(before.chunks === 0
      ? []
      : [
          `of these, ${showCounted(before.files, 'file')} ${before.files === 1 ? 'was' : 'were'} stored before the interruption`,
        ]),
  ]
  if (summary.chunks === 0) return [...lines, `nothing new to store, ${took}`]
  const where = `${showCounted(summary.chunks, 'chunk')} on ${showCounted(summary.discs.length, 'disc')}`
  const when = before.chunks === 0 ? `${took}${speedText(summary)}` : `this run ${took}`
  return [...lines, `stored: ${sizesText(summary)}, ${where}, ${when}`]
}

const encryptionTexts = {
  none: 'not encrypted (--encrypt; cannot be changed later)',
  passphrase: 'encrypted with a passphrase: without it nothing can be restored',
  recipients: 'encrypted to OpenPGP keys: without a private key of them nothing can be restored',
  both: 'encrypted with a passphrase and to OpenPGP keys: without either nothing can be restored',
} as const

/** Said once, while the set holds nothing else. */
const encryptionLines = ({ backup, encryption }: BackupSummary): string[] =>
  backup === 1 ? [encryptionTexts[encryption]] : []

/** Without files whose content was stored already: no chunk holds them. */
const packedBytes = ({ bytesSource, bytesDeduplicated }: BackupSummary): number =>
  Math.max(0, bytesSource - bytesDeduplicated)

function sizesText(summary: BackupSummary): string {
  const [packed, stored] = [packedBytes(summary), summary.bytesStored]
  if (packed === 0) return showSize(stored)
  const ratio = stored < 2 * packed ? ` (${showShare(stored, packed)} of its size)` : ''
  return `${showSize(packed)} as ${showSize(stored)}${ratio}`
}

function speedText(summary: BackupSummary): string {
  const packed = packedBytes(summary)
  return packed > 0 && summary.seconds > 0 ? `, ${showSize(Math.round(packed / summary.seconds))}/s` : ''
}

function filesText(summary: BackupSummary): string {
  const moved =
    summary.filesDeduplicated > 0
      ? ` (${showCount(summary.filesDeduplicated)} of them with content stored already)`
      : ''
  return (
    `${showCount(summary.filesNew)} new, ${showCount(summary.filesChanged)} changed${moved}, ` +
    `${showCount(summary.filesUnchanged)} unchanged, ${showCount(summary.filesDeleted)} deleted files`
  )
}

function discLines(summary: BackupSummary, destination: string): string[] {
  const table = textTable(
    summary.fill.map((disc) => [`  disc ${disc.disc}`, disc.label, fillText(disc), disc.state]),
    [],
  )
  return [
    ...table,
    ...burnLines(summary, destination),
    ...(summary.complete
      ? []
      : ['not everything is stored yet: the same command goes on with the next discs']),
  ]
}

function burnLines({ discsToBurn, discOpen }: BackupSummary, destination: string): string[] {
  const command = `butcher burn ${shellWord(destination)}`
  if (discsToBurn.length === 0) {
    return discOpen === null
      ? []
      : [
          `nothing to burn yet: disc ${discOpen} is still open, and the next backup adds to it (to burn it now: ${command})`,
        ]
  }
  const named = discsToBurn.length > 10 ? showNumbers(discsToBurn) : discsToBurn.join(', ')
  const discs = `${discsToBurn.length === 1 ? 'disc' : 'discs'} ${named}`
  // Without numbers it would burn the open disc as well.
  return discOpen === null
    ? [`to burn: ${discs} (${command})`]
    : [
        `to burn: ${discs} (${command} ${showNumbers(discsToBurn).replaceAll(' ', '')}); disc ${discOpen} is still open`,
      ]
}

const fillText = ({ usedBytes, capacityBytes }: DiscFill): string =>
  capacityBytes === null
    ? showSize(usedBytes)
    : `${showSize(usedBytes)} of ${showSize(capacityBytes)}, ${showShare(usedBytes, capacityBytes)}`
