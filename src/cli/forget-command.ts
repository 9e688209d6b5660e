import type { ForgetOptions, ForgetSummary, JudgedBackup } from '../commands/retention/forget-options.ts'
import type { PruneSummary } from '../commands/retention/prune-options.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { exitStatus } from '../errors.ts'
import { parseBackupNumbers } from '../format/disc-numbers.ts'
import { showPath } from '../format/path-text.ts'
import { showMilliseconds } from '../format/time-text.ts'
import { defined, flag, list, text, wholeNumber, word } from './arguments.ts'
import type { Call, Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import type { JudgedObject } from './json-backup-rows.ts'
import type { Typed } from './json-rows.ts'
import { readingSecrets } from './options.ts'
import { pruneLine } from './prune-command.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showZonedTime } from './show.ts'
import { storeUse } from './store-use.ts'
import { textTable } from './text-table.ts'

export const forgetCommand: Command = {
  name: 'forget',
  positionals: [{ name: 'dest', describe: 'the destination of the backups', count: 'one' }],
  options: [
    'keep-last', 'keep-hourly', 'keep-daily', 'keep-weekly', 'keep-monthly', 'keep-yearly', 'keep-within', 'zone', 'backup', 'undo', 'force', 'prune', 'dry-run', 'jobs', 'bwlimit', ...readingSecrets, 'json', 'quiet', 'no-progress',
  ], // prettier-ignore
  describes: {
    zone: 'count hours, days and months in this time zone, e.g. Europe/Berlin (default: the local one)',
    force:
      'apply the rules even if the newest backup is not finished, lacks paths, or has less than half of the files',
  },
  examples: [
    ['butcher forget /srv/backup --keep-daily 7 --keep-monthly 12 --dry-run', 'show what these rules keep'],
    ['butcher forget /srv/backup --keep-last 3 --prune', 'keep the newest three, and free the room'],
    ['butcher forget /srv/backup --backup 4,7-9', 'forget these backups'],
    ['butcher forget /srv/backup --undo 4', 'take a forgotten backup back'],
  ],
  notes: [
    'A backup stays if any rule keeps it. Only hours, days, weeks and so on with a backup count. So a long time without backups forgets nothing.',
    'Always kept are pinned backups, the newest backup, and the newest complete one. A backup that lacks paths (exit status 3) never takes the place of a complete one.',
    'A forgotten backup is not listed and not restored any more, except with --forgotten. It can be taken back until a prune.',
  ],
  run: async (call) => {
    const { output, reporter } = call
    const secrets = await secretsOf(call)
    const options = optionsOf(call)
    const { forget } = await import('../commands/retention/forget.ts')
    if (flag(call.args, 'prune') && options.dryRun !== true) {
      // Nothing is forgotten for a prune that is refused.
      const { refuseReaders } = await import('../commands/retention/refuse-readers.ts')
      refuseReaders(options.destination)
    }
    const summary = await withSecrets(call, options.destination, secrets, (given) =>
      forget({ ...options, ...given, report: reporter.report, signal: call.signal }),
    )
    const pruned =
      flag(call.args, 'prune') && summary.held === null
        ? await pruneAfter(call, options, secrets, summary)
        : undefined
    reporter.pause()
    if (reporter.json) printJson(call, summary, pruned)
    else if (!reporter.quiet) {
      for (const line of forgetLines(summary, output.tableWidth)) output.line(line)
      if (pruned) output.line(pruneLine(pruned))
    }
    await output.flushWhileRead()
    return exitStatus.done
  },
}

function optionsOf({ args }: Call): ForgetOptions {
  return {
    destination: word(args, 'dest'),
    ...storeUse(args),
    ...defined({
      keepLast: wholeNumber(args, 'keep-last'),
      keepHourly: wholeNumber(args, 'keep-hourly'),
      keepDaily: wholeNumber(args, 'keep-daily'),
      keepWeekly: wholeNumber(args, 'keep-weekly'),
      keepMonthly: wholeNumber(args, 'keep-monthly'),
      keepYearly: wholeNumber(args, 'keep-yearly'),
      keepWithin: text(args, 'keep-within'),
      zone: text(args, 'zone'),
      backups: list(args, 'backup').flatMap(parseBackupNumbers),
      undo: list(args, 'undo').flatMap(parseBackupNumbers),
      force: flag(args, 'force'),
      dryRun: flag(args, 'dry-run'),
      jobs: wholeNumber(args, 'jobs'),
    }),
  }
}

async function pruneAfter(
  call: Call,
  { destination, dryRun = false, jobs, store }: ForgetOptions,
  secrets: Secrets,
  { forgotten }: ForgetSummary,
): Promise<PruneSummary> {
  const { planOnly, prune } = await import('../commands/retention/prune.ts')
  return withSecrets(call, destination, secrets, (given) => {
    const options = {
      destination,
      ...defined({ jobs, store }),
      ...given,
      report: call.reporter.report,
      signal: call.signal,
    }
    return dryRun ? planOnly(options, forgotten) : prune(options)
  })
}

function printJson(
  { output, reporter }: Call,
  { backups, ...summary }: ForgetSummary,
  prune: PruneSummary | undefined,
): void {
  for (const backup of backups) output.line(jsonText(judgedObject(backup)))
  output.line(jsonText(jsonSummary({ ...summary, ...defined({ prune }), notes: reporter.notes })))
}

const judgedObject = (backup: JudgedBackup): Typed<JudgedObject> => ({
  type: 'backup',
  backup: backup.backup,
  name: backup.name,
  started: showMilliseconds(backup.started),
  files: backup.files,
  bytes: backup.bytes,
  keep: backup.reasons.length > 0,
  reasons: backup.reasons,
})

/** A table of all backups, oldest first, and the numbers of those that are forgotten. */
function forgetLines(summary: ForgetSummary, width: number | undefined): string[] {
  const { backups, forgotten, undone, dryRun } = summary
  const rows = backups.map(({ backup, started, name, reasons }) => [
    String(backup),
    showZonedTime(started),
    reasons.length > 0 ? 'keep' : 'forget',
    reasons.join(', '),
    name === null ? '' : showPath(name),
  ])
  const table = textTable([['backup', 'date', '', 'reasons', 'name'], ...rows], { right: [0], width })
  const would = dryRun ? ' (dry run)' : ''
  return [
    ...table,
    ...(undone.length === 0 ? [] : [`taken back: ${showNumbers(undone)}${would}`]),
    forgotten.length === 0 ? 'nothing is forgotten' : `forgotten: ${showNumbers(forgotten)}${would}`,
  ]
}
