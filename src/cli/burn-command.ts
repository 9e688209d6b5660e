import type { BurnedCopy, BurnOptions, BurnSummary } from '../commands/burn/burn-options.ts'
import type { FollowSummary } from '../commands/burn/follow.ts'
import { exitStatus } from '../errors.ts'
import { parseDiscNumbers } from '../format/disc-numbers.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { type Arguments, defined, flag, onlyOne, text, wholeNumber, word, words } from './arguments.ts'
import { canAsk } from './ask.ts'
import { backupChoice, backupOptionsOf } from './backup-options-of-call.ts'
import { backupSummaryLines } from './backup-summary.ts'
import { blankAsker } from './blank-asker.ts'
import { burnPlanLines } from './burn-plan-text.ts'
import type { Call, Command } from './command.ts'
import { destinationPositional } from './iso-command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { secretsOfBackup } from './encryption-of-set.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showCounted, showDuration } from './show.ts'
import { usageError } from './split-words.ts'

const burnChoice = ['device', 'copies', 'speed', 'spares', 'blank', 'remove-staged', 'dry-run'] as const
const common: readonly string[] = [...readingSecrets, 'jobs']

export const burnCommand: Command = {
  name: 'burn',
  positionals: [
    destinationPositional,
    {
      name: 'disc',
      describe: 'the discs: 3, 3,5 or 3-5 (default: every disc that lacks copies)',
      count: 'any',
    },
  ],
  options: [...burnChoice, 'follow', ...backupChoice, 'json', 'quiet', 'no-progress'],
  describes: { device: 'burn in this drive, /dev/sr0, or into stdio:FILE, %d the disc and %c the copy' },
  examples: [
    ['butcher burn /srv/discs', 'burn every disc that has no copy yet, in the only drive'],
    ['butcher burn /srv/discs 3 --copies 2 --device /dev/sr1', 'burn disc 3 until it has two good copies'],
    [
      'butcher burn /srv/discs --device stdio:/mnt/disc-%d-%c.iso',
      'write image files instead of using a drive',
    ],
    [
      'butcher burn /srv/discs --follow ~/photos --medium bd25',
      'back up and burn disc by disc, with staging room for one disc',
    ],
  ],
  notes: [
    'Needs xorriso. butcher checks the staged files, burns them, and compares each copy byte by byte. It records each copy in the catalog of the destination.',
    'If a run stops or fails, run the same command again. It burns the missing copies.',
    'The options of backup need --follow.',
  ],
  run: async (call) => {
    const { args, reporter, signal } = call
    const source = text(args, 'follow')
    const options = burnOptionsOf(call)
    if (source === undefined) {
      const stray = backupChoice.find((name) => args.options[name] !== undefined && !isCommon(name))
      if (stray !== undefined) throw usageError(`--${stray} goes with --follow`)
      const secrets = await secretsOf(call)
      if (flag(args, 'dry-run')) return tellPlan(call, options, secrets)
      const { burn } = await import('../commands/burn/burn.ts')
      const summary = await withSecrets(call, options.destination, secrets, (opened) =>
        burn({ ...options, ...opened }),
      )
      return end(call, summary)
    }
    if (flag(args, 'dry-run')) throw usageError('--dry-run goes without --follow', 'butcher backup --dry-run')
    if (words(args, 'disc').length > 0)
      throw usageError('--follow burns what it stages: leave the disc numbers out')
    const backup = backupOptionsOf(args, source, options.destination)
    const secrets = await secretsOfBackup(call, backup)
    const { follow } = await import('../commands/burn/follow.ts')
    const { discs: _, removeStaged: _always, ...each } = options
    const summary = await withSecrets(call, options.destination, secrets, (opened) =>
      follow({
        backup: { ...backup, ...opened, report: reporter.report, signal },
        burn: { ...each, ...opened },
        onBackup: (made) => {
          reporter.pause()
          if (!reporter.json && !reporter.quiet)
            for (const line of backupSummaryLines(made, options.destination).slice(0, 2))
              call.output.line(line)
          void call.output.flushWhileRead()
        },
      }),
    )
    return end(call, summary)
  },
}

const isCommon = (name: string): boolean => common.includes(name)

function burnOptionsOf({ args, output, reporter, signal }: Call): BurnOptions {
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
      else if (!reporter.quiet) output.line(copyLine(copy))
      void output.flushWhileRead()
    },
    report: reporter.report,
    signal,
  }
}

const burnNumbers = (args: Arguments): object =>
  defined({
    device: onlyOne(args, 'device'),
    copies: wholeNumber(args, 'copies'),
    speed: text(args, 'speed'),
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

async function end({ output, reporter }: Call, summary: BurnSummary | FollowSummary): Promise<number> {
  reporter.pause()
  if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
  else if (!reporter.quiet) for (const line of summaryLines(summary)) output.line(line)
  await output.flushWhileRead()
  const warnings = 'sourceWarnings' in summary ? summary.sourceWarnings : 0
  if (warnings === 0) return exitStatus.done
  reporter.tell(
    `warning: ${showCounted(warnings, 'source path')} could not be backed up as it should: see the warnings above`,
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

async function tellPlan(
  call: Call,
  options: BurnOptions,
  secrets: Awaited<ReturnType<typeof secretsOf>>,
): Promise<number> {
  const { output, reporter, signal } = call
  const { openCatalog } = await import('../set/open-catalog.ts')
  const { planBurn } = await import('../commands/burn/burn.ts')
  const catalog = await withSecrets(call, options.destination, secrets, (opened) =>
    openCatalog([options.destination], opened, { report: reporter.report, signal }),
  )
  try {
    const plan = await planBurn(catalog.db, options)
    if (reporter.json) output.line(jsonText(jsonSummary({ dryRun: true, ...plan })))
    else for (const line of burnPlanLines(plan)) output.line(line)
  } finally {
    catalog.close()
  }
  await output.flushWhileRead()
  return exitStatus.done
}
