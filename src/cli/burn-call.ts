/** Shared by `butcher burn` and `butcher backup --burn`. */

import type { BackupOptions } from '../commands/backup/backup-options.ts'
import type { BurnedCopy, BurnOptions, BurnSummary } from '../commands/burn/burn-options.ts'
import type { FollowSummary } from '../commands/burn/follow-options.ts'
import { exitStatus } from '../errors.ts'
import { parseDiscNumbers } from '../format/disc-numbers.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { defined, flag, listIfGiven, text, wholeNumber, word, words } from './arguments.ts'
import type { Arguments } from './command.ts'
import { canAsk } from './ask.ts'
import { backupSummaryLines } from './backup-summary.ts'
import { blankAsker } from './blank-asker.ts'
import type { Call } from './command.ts'
import { secretsOfBackup } from './encryption-of-set.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { withSecrets } from './secrets-of-call.ts'
import { showCounted, showDuration } from './show.ts'

/** Stages a disc, burns it and removes it, until the source is stored. */
export async function backUpAndBurn(call: Call, backup: BackupOptions, burn: BurnOptions): Promise<number> {
  const { output, reporter, signal } = call
  const secrets = await secretsOfBackup(call, backup)
  const { follow } = await import('../commands/burn/follow.ts')
  const { discs: _, removeStaged: _always, ...each } = burn
  const summary = await withSecrets(call, backup.destination, secrets, (given) =>
    follow({
      backup: { ...backup, ...given, report: reporter.report, signal },
      burn: { ...each, ...given },
      onBackup: (made) => {
        reporter.pause()
        if (!reporter.json && !reporter.quiet)
          for (const line of backupSummaryLines(made, backup.destination).slice(0, 2)) output.sentence(line)
        void output.flushWhileRead()
      },
    }),
  )
  return endBurn(call, summary)
}

/** The options of a burn, for `butcher burn` and `butcher backup --burn`. */
export function burnOptionsOf({ args, output, reporter, signal }: Call): BurnOptions {
  const asks = canAsk() && !reporter.json && !reporter.quiet
  return {
    destination: word(args, 'dest'),
    discs: words(args, 'disc').flatMap(parseDiscNumbers),
    ...burnNumbers(args),
    spares: flag(args, 'spares'),
    blank: flag(args, 'blank'),
    removeStaged: flag(args, 'remove-staged'),
    ...(asks ? blankAsker(reporter, signal) : {}),
    onCopy: (copy) => {
      reporter.pause()
      if (reporter.json) output.line(jsonText(copyObject(copy)))
      else if (!reporter.quiet) output.sentence(copyLine(copy))
      void output.flushWhileRead()
    },
    report: reporter.report,
    signal,
  }
}

const burnNumbers = (args: Arguments): object =>
  defined({
    device: listIfGiven(args, 'device'),
    copies: wholeNumber(args, 'copies'),
    speed: text(args, 'speed'),
    loadCommand: text(args, 'load-command'),
    unloadCommand: text(args, 'unload-command'),
    jobs: wholeNumber(args, 'jobs'),
  })

function copyLine({
  disc,
  copy,
  label,
  device,
  bytes,
  verified,
  burnSeconds,
  readSeconds,
}: BurnedCopy): string {
  const burned = `burned ${showSize(bytes)} in ${device} in ${showDuration(burnSeconds)}`
  const read = verified
    ? `read back in ${showDuration(readSeconds)}: every byte is right`
    : 'read back: damaged'
  return showPath(`disc ${disc} (${label}), copy ${copy}: ${burned}, ${read}`)
}

const copyObject = ({ burnSeconds, readSeconds, ...copy }: BurnedCopy): object => ({
  type: 'copy',
  ...copy,
  burn_seconds: burnSeconds,
  read_seconds: readSeconds,
})

/** Prints the summary; returns the exit status. */
export async function endBurn(
  { output, reporter }: Call,
  summary: BurnSummary | FollowSummary,
): Promise<number> {
  reporter.pause()
  if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
  else if (!reporter.quiet) for (const line of summaryLines(summary)) output.sentence(line)
  await output.flushWhileRead()
  const warnings = 'sourceWarnings' in summary ? summary.sourceWarnings : 0
  if (warnings === 0) return exitStatus.done
  reporter.tell(
    `warning: ${showCounted(warnings, 'source path')} could not be backed up correctly: see the warnings above`,
  )
  return exitStatus.incomplete
}

function summaryLines({ copies, discs, bytes, seconds, spoilt, removed }: BurnSummary): string[] {
  const what = `${showCounted(copies, 'copy', 'copies')} of ${showCounted(discs.length, 'disc')}`
  return [
    copies === 0
      ? 'nothing to burn: every disc here has its copies'
      : `burned and verified: ${what} (${showSize(bytes)}) in ${showDuration(seconds)}`,
    ...(spoilt > 0 ? [`spoilt: ${showCounted(spoilt, 'blank')}`] : []),
    ...(removed.length > 0
      ? [`no longer staged: disc${removed.length === 1 ? '' : 's'} ${removed.join(', ')}`]
      : []),
  ]
}
