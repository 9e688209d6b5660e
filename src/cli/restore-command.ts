import type { RestoreOptions, RestoreSummary } from '../commands/restore/restore-options.ts'
import { ButcherError, exitStatus } from '../errors.ts'
import { defined, flag, list, text, wholeNumber, word, words } from './arguments.ts'
import { canAsk } from './ask.ts'
import type { Command } from './command.ts'
import { discAsker, discText, discWaiter } from './disc-asker.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { deviceChoice, pathChoice, readingSecrets } from './options.ts'
import { remedyHint } from './remedy-text.ts'
import { jsonPlan, planLines } from './restore-plan-text.ts'
import { isDevice, refuseDeviceOptions, restoreOntoDevice } from './restore-onto-device.ts'
import { restoreSummaryLines } from './restore-summary.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { storeUse } from './store-use.ts'
import { showCounted } from './show.ts'

export const restoreCommand: Command = {
  name: 'restore',
  positionals: [
    {
      name: 'from',
      describe: 'a destination of backup, a disc, an image, or a folder of discs',
      count: 'many',
    },
    { name: 'dest', describe: 'the directory to restore into, or the disk to write', count: 'one' },
  ],
  options: [
    ...readingSecrets, 'index', 'at', 'forgotten', ...pathChoice, 'overwrite', 'salvage', 'plan', 'device', 'wait', ...deviceChoice, 'staging', 'bwlimit', 'dry-run', 'jobs', 'json', 'quiet', 'no-progress',
  ], // prettier-ignore
  describes: {
    device: 'read discs from this drive, /dev/sr0; repeatable',
    overwrite: 'replace a different file that is in the way with the restored one',
  },
  examples: [
    ['butcher restore /srv/discs ~/restored', 'the newest backup'],
    ['butcher restore /media/disc1 /media/disc2 ~/restored', 'from two drives'],
    ['butcher restore --at 2026-11-20 /srv/discs ~/restored', 'the backup as it was at the end of that day'],
    ['butcher restore --plan /srv/discs ~/restored', 'show which discs are needed and their location'],
    [
      'butcher restore --device /dev/sr0 /srv/discs ~/restored',
      'all discs, one after another, from one drive',
    ],
    [
      'butcher restore /srv/discs /dev/sdb',
      'a card that was backed up as a disk; everything on /dev/sdb is lost',
    ],
    [
      'butcher restore rclone:nas:backups/photos ~/restored',
      'from a store: only the needed chunks are fetched',
    ],
    [`butcher restore --include '*.jpg' /media/cdrom ~/restored`, 'only some files'],
  ],
  notes: [
    'On a terminal, butcher prompts for a missing disc by number and label. It reads the disc as soon as it is in one of the given places or drives. Discs in several drives are read in parallel.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const options: RestoreOptions = {
      from: words(args, 'from'),
      destination: word(args, 'dest'),
      ...defined({
        index: text(args, 'index'),
        at: text(args, 'at'),
        include: list(args, 'include'),
        exclude: list(args, 'exclude'),
        excludeFrom: list(args, 'exclude-from'),
        filter: text(args, 'filter'),
        forgotten: flag(args, 'forgotten'),
        overwrite: flag(args, 'overwrite'),
        dryRun: flag(args, 'dry-run') || flag(args, 'plan'),
        devices: list(args, 'device'),
        salvage: flag(args, 'salvage'),
        jobs: wholeNumber(args, 'jobs'),
      }),
      ...storeUse(args),
    }
    const asks = canAsk() && !reporter.json && !reporter.quiet
    const waits = flag(args, 'wait')
    const asking = asks
      ? { requestDisc: discAsker(reporter, signal) }
      : waits
        ? { requestDisc: discWaiter(reporter, output) }
        : {}
    if (isDevice(options.destination)) return restoreOntoDevice(call, { ...options, ...asking })
    refuseDeviceOptions(call)
    const secrets = await secretsOf(call)
    const { restore } = await import('../commands/restore/restore.ts')
    const summary = await withSecrets(call, options.from[0] as string, secrets, (given) =>
      restore({ ...options, ...asking, ...given, report: reporter.report, signal }),
    )
    reporter.pause()
    const { plan, ...rest } = summary
    if (flag(args, 'plan')) {
      if (reporter.json) for (const disc of jsonPlan(plan)) output.line(jsonText(disc))
      else for (const line of planLines(plan, output.tableWidth)) output.line(line)
    }
    if (reporter.json) output.line(jsonText(jsonSummary({ ...rest, notes: reporter.notes })))
    else if (!reporter.quiet)
      for (const line of restoreSummaryLines(flag(args, 'plan') ? { ...summary, missingDiscs: [] } : summary))
        output.sentence(line)
    const failure = summary.dryRun ? undefined : failureOf(summary, options.from, flag(args, 'salvage'))
    if (failure) {
      await output.flushWhileRead()
      throw failure
    }
    return exitStatus.done
  },
}

/** For a catalog without any parity, copy or spare that would help. */
function withoutRemedy({ remedies }: RestoreSummary, salvages: boolean): string {
  const named = 'the warnings above name them'
  if (remedies.length === 0) return named // nothing is damaged: other files are in the way, for example
  return `${named}; use another copy of the disc${salvages ? '' : '; --salvage also writes damaged files'}`
}

function failureOf(
  summary: RestoreSummary,
  from: readonly string[],
  salvages: boolean,
): ButcherError | undefined {
  const { failed, missingDiscs, unknownChunks } = summary
  if (failed === 0 && missingDiscs.length === 0) {
    return unknownChunks === null ? undefined : notAllKnown(summary.backup, unknownChunks)
  }
  const files =
    failed === 0 ? 'not everything could be restored' : `${showCounted(failed, 'file')} not restored`
  if (missingDiscs.length === 0) {
    return new ButcherError('damaged', files, {
      hint: remedyHint(summary.remedies, from) ?? withoutRemedy(summary, salvages),
    })
  }
  const discs = missingDiscs.map(discText).join(', ')
  return new ButcherError(
    'missing-disc',
    `${files}: ${discs} ${missingDiscs.length === 1 ? 'is' : 'are'} missing`,
    {
      hint: 'name the places of these discs and run it again; restored files are not read again',
    },
  )
}

const notAllKnown = (backup: number, chunks: string): ButcherError =>
  new ButcherError(
    'damaged',
    `backup ${backup} may have more files than were restored: the catalog was rebuilt without chunks ${chunks}`,
    {
      hint: 'rebuild it with the discs that hold them; or give the catalog of a disc, if one is left, by --index',
    },
  )
