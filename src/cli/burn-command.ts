import type { BurnOptions } from '../commands/burn/burn-options.ts'
import { exitStatus } from '../errors.ts'
import { flag, text, words } from './arguments.ts'
import { backupChoice, backupOptionsOf } from './backup-options-of-call.ts'
import { backUpAndBurn, burnOptionsOf, endBurn } from './burn-call.ts'
import { burnPlanLines } from './burn-plan-text.ts'
import type { Call, Command } from './command.ts'
import { destinationPositional } from './iso-command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { usageError } from './split-words.ts'

const burnChoice = [
  'device',
  'copies',
  'speed',
  'spares',
  'blank',
  'load-command',
  'unload-command',
  'remove-staged',
  'dry-run',
] as const
const common: readonly string[] = [...readingSecrets, 'jobs']

const isCommon = (name: string): boolean => common.includes(name)

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
  dependent: { on: 'follow', options: backupChoice.filter((name) => !isCommon(name)) },
  describes: {
    device: 'burn in this drive, /dev/sr0, or into stdio:FILE, %d the disc and %c the copy; repeatable',
  },
  examples: [
    ['butcher burn /srv/discs', 'burn every disc that has no copy yet, in the only drive'],
    ['butcher burn /srv/discs 3 --copies 2 --device /dev/sr1', 'burn disc 3 until it has two good copies'],
    [
      'butcher burn /srv/discs --device stdio:/mnt/disc-%d-%c.iso',
      'write image files instead of using a drive',
    ],
    [
      'butcher burn /srv/discs --device /dev/sr0 --device /dev/sr1',
      'burn in two drives: each takes the next disc when it is free',
    ],
    [
      'butcher burn /srv/discs --follow ~/photos --medium bd25',
      'back up and burn disc by disc, with staging room for one disc',
    ],
  ],
  notes: [
    'Needs xorriso. butcher checks the staged files, burns them, and compares each copy byte by byte. It records each copy in the catalog of the destination.',
    'If a run stops or fails, run the same command again. It burns the missing copies.',
  ],
  run: async (call) => {
    const { args } = call
    const source = text(args, 'follow')
    const options = burnOptionsOf(call)
    if (source === undefined) {
      const stray = backupChoice.find((name) => args.options[name] !== undefined && !isCommon(name))
      if (stray !== undefined) throw usageError(`--${stray} goes with --follow`)
      const secrets = await secretsOf(call)
      if (flag(args, 'dry-run')) return tellPlan(call, options, secrets)
      const { burn } = await import('../commands/burn/burn.ts')
      const summary = await withSecrets(call, options.destination, secrets, (given) =>
        burn({ ...options, ...given }),
      )
      return endBurn(call, summary)
    }
    if (flag(args, 'dry-run')) throw usageError('--dry-run goes without --follow', 'butcher backup --dry-run')
    if (words(args, 'disc').length > 0)
      throw usageError('--follow burns what it stages: omit the disc numbers')
    return backUpAndBurn(call, backupOptionsOf(args, source, options.destination), options)
  },
}

async function tellPlan(
  call: Call,
  options: BurnOptions,
  secrets: Awaited<ReturnType<typeof secretsOf>>,
): Promise<number> {
  const { output, reporter, signal } = call
  const { openSecrets } = await import('../crypto/private-key.ts')
  const { openCatalog } = await import('../set/open-catalog.ts')
  const { planBurn } = await import('../commands/burn/burn.ts')
  const { report } = reporter
  const catalog = await withSecrets(call, options.destination, secrets, async (given) =>
    openCatalog([options.destination], await openSecrets(given, report), { report, signal }),
  )
  try {
    const plan = await planBurn(catalog.db, options)
    if (reporter.json) output.line(jsonText(jsonSummary({ dryRun: true, ...plan })))
    else for (const line of burnPlanLines(plan)) output.sentence(line)
  } finally {
    catalog.close()
  }
  await output.flushWhileRead()
  return exitStatus.done
}
