import type { PinOptions, PinSummary } from '../commands/retention/forget-options.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import { exitStatus } from '../errors.ts'
import { parseBackupNumbers } from '../format/disc-numbers.ts'
import { word, words } from './arguments.ts'
import type { Call, Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'

const positionals = [
  { name: 'dest', describe: 'the destination of the backups', count: 'one' },
  { name: 'backup', describe: 'numbers of backups: 4, or 4,7-9', count: 'many' },
] as const
const options = [...readingSecrets, 'json', 'quiet', 'no-progress'] as const

export const pinCommand: Command = {
  name: 'pin',
  positionals,
  options,
  examples: [['butcher pin /srv/backup 4', 'no rule forgets backup 4']],
  run: (call) => change(call, async (given) => (await import('../commands/retention/pin.ts')).pin(given)),
}

export const unpinCommand: Command = {
  name: 'unpin',
  positionals,
  options,
  examples: [['butcher unpin /srv/backup 4', 'rules may forget backup 4 again']],
  run: (call) => change(call, async (given) => (await import('../commands/retention/pin.ts')).unpin(given)),
}

async function change(call: Call, work: (options: PinOptions) => Promise<PinSummary>): Promise<number> {
  const { args, output, reporter, signal } = call
  const destination = word(args, 'dest')
  const backups = words(args, 'backup').flatMap(parseBackupNumbers)
  const secrets = await secretsOf(call)
  const summary = await withSecrets(call, destination, secrets, (given) =>
    work({ destination, ...given, backups, report: reporter.report, signal }),
  )
  if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
  else if (!reporter.quiet) {
    const { pinned } = summary
    output.line(pinned.length === 0 ? 'no backup is pinned' : `pinned: ${showNumbers(pinned)}`)
  }
  await output.flushWhileRead()
  return exitStatus.done
}
