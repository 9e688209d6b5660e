/** The lines at the end of a backup. */

import type { BackupSummary, DiscFill, PlannedJobs } from '../commands/backup/backup-options.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import type { Uploaded } from '../remote/uploads.ts'
import { shellWord } from '../format/shell-word.ts'
import { showSize } from '../format/size-text.ts'
import { showCount, showCounted, showDuration, showShare } from './show.ts'
import { textTable } from './text-table.ts'

export function backupSummaryLines(summary: BackupSummary, destination: string): string[] {
  if (summary.planned) return plannedLines(summary.planned)
  return summary.dryRun
    ? dryRunLines(summary)
    : [...doneLines(summary), ...encryptionLines(summary), ...discLines(summary, destination)]
}

function plannedLines({ folder, jobs, bytesSource }: PlannedJobs): string[] {
  if (jobs === 0) return ['There is nothing to plan: the same command without --plan-jobs does the rest.']
  return [
    `Planned ${showCounted(jobs, 'job')} of ${showSize(bytesSource)} in ${folder}.`,
    `Do them on any hosts that see this folder and the source: butcher pack-chunk ${shellWord(`${folder}/00000001.json`)}`,
    'Then run the same command without --plan-jobs: it takes the results, and packs the rest.',
  ]
}

function dryRunLines(summary: BackupSummary): string[] {
  const { estimate } = summary
  const toStore = packedBytes(summary) - summary.storedBefore.bytesSource
  return [
    `Backup ${summary.backup} would have: ${filesText(summary)}.`,
    ...(estimate
      ? [
          `It would store ${showSize(toStore)} as about ${showSize(estimate.bytesStored)} on ${showCounted(estimate.discs, 'disc')}.`,
          `This is an estimate ${estimate.method}.`,
        ]
      : [`It would store ${showSize(toStore)}.`]),
    'Nothing was written.',
  ]
}

function doneLines(summary: BackupSummary): string[] {
  const { storedBefore: before } = summary
  const title = `Backup ${summary.backup}${summary.complete ? '' : ' (not complete)'}`
  return [
    `${title}: ${filesText(summary)}. ${storedText(summary)}`,
    ...(before.chunks === 0
      ? []
      : [`${showCounted(before.files, 'file')} of these were stored before the interruption.`]),
  ]
}

/** Shown only for a run that stored much: chunks, discs and speed. */
const muchBytes = 1e6

function storedText(summary: BackupSummary): string {
  const { chunks, discs, seconds, bytesStored, storedBefore } = summary
  const took = `in ${showDuration(seconds)}`
  if (chunks === 0) return `Stored nothing, ${took}.`
  if (packedBytes(summary) < muchBytes) return `Stored ${showSize(bytesStored)} ${took}.`
  const where = `${showCounted(chunks, 'chunk')} on ${showCounted(discs.length, 'disc')}`
  const when = storedBefore.chunks === 0 ? `${took}${speedText(summary)}` : `this run ${took}`
  return `Stored ${sizesText(summary)}: ${where}, ${when}.`
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

/** Files whose content was already stored do not count: no chunk holds them. */
const packedBytes = ({ bytesSource, bytesDeduplicated }: BackupSummary): number =>
  Math.max(0, bytesSource - bytesDeduplicated)

function sizesText(summary: BackupSummary): string {
  const [packed, stored] = [packedBytes(summary), summary.bytesStored]
  return `${showSize(packed)} as ${showSize(stored)} (${showShare(stored, packed)} of its size)`
}

/** A short run says nothing of the speed. */
function speedText(summary: BackupSummary): string {
  if (summary.seconds < 1) return ''
  return `, ${showSize(Math.round(packedBytes(summary) / summary.seconds))}/s`
}

/** `2 new, 1 moved or copied, 222 unchanged, 1 deleted` */
function filesText(summary: BackupSummary): string {
  const changedCopies = summary.filesChangedDeduplicated
  const kinds: readonly (readonly [number, string])[] = [
    [summary.filesNew - (summary.filesDeduplicated - changedCopies), 'new'],
    [summary.filesChanged - changedCopies, 'changed'],
    [summary.filesDeduplicated, 'moved or copied'],
    [summary.filesUnchanged, 'unchanged'],
    [summary.filesDeleted, 'deleted'],
    [summary.filesKept, 'kept from the backup before'],
  ]
  const told = kinds.filter(([count]) => count > 0)
  return told.length === 0
    ? 'no files'
    : told.map(([count, kind]) => `${showCount(count)} ${kind}`).join(', ')
}

function discLines(summary: BackupSummary, destination: string): string[] {
  const table = textTable(
    summary.fill.map((disc) => [`  disc ${disc.disc}`, disc.label, fillText(disc), disc.state]),
  )
  return [
    ...table,
    ...(summary.uploaded ? uploadLines(summary.uploaded) : burnLines(summary, destination)),
    ...(summary.complete ? [] : ['Not everything is stored yet: run the same command for the next discs.']),
  ]
}

/** How the store's content was proven. */
function uploadLines({ files, bytes, provenByHash, provenByReadBack, provenBySize }: Uploaded): string[] {
  const ways = [
    [provenByHash, "by the store's hash"],
    [provenByReadBack, 'by reading it back'],
    [provenBySize, 'by its size only'],
  ] as const
  const how = ways.filter(([count]) => count > 0)
  const told = how.map(([count, way]) => (how.length === 1 ? way : `${count} ${way}`))
  return [`uploaded: ${showCounted(files, 'file')} (${showSize(bytes)}), each proven ${told.join(', ')}`]
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
