import type { PruneSummary } from '../commands/retention/prune-options.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import { exitStatus } from '../errors.ts'
import { showSize } from '../format/size-text.ts'
import { defined, flag, wholeNumber, word } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showCounted } from './show.ts'
import { storeUse } from './store-use.ts'

export const pruneCommand: Command = {
  name: 'prune',
  positionals: [{ name: 'dest', describe: 'the destination of the backups', count: 'one' }],
  options: ['dry-run', 'jobs', 'bwlimit', ...readingSecrets, 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher prune /srv/backup --dry-run', 'show how much room a prune frees'],
    ['butcher prune /srv/backup', 'free the room of forgotten backups'],
  ],
  notes: [
    'Forgotten backups are gone for good then. All others stay complete, also by hand and after a rebuild.',
    'If less than half of a chunk is needed, the needed files move to a new chunk.',
    'Discs of a medium with a size stay as they are, and so do discs with a copy, an image or a spare.',
    'A prune that is killed loses nothing. The same command continues.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const destination = word(args, 'dest')
    const options = {
      destination,
      dryRun: flag(args, 'dry-run'),
      ...storeUse(args),
      ...defined({ jobs: wholeNumber(args, 'jobs') }),
    }
    const secrets = await secretsOf(call)
    const { prune } = await import('../commands/retention/prune.ts')
    const summary = await withSecrets(call, destination, secrets, (given) =>
      prune({ ...options, ...given, report: reporter.report, signal }),
    )
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) output.line(pruneLine(summary))
    await output.flushWhileRead()
    return exitStatus.done
  },
}

export function pruneLine(summary: PruneSummary): string {
  const { backups, chunksDropped, chunksRewritten, bytesRewritten, reason, dryRun } = summary
  const { bytesFreed, bytesStored } = summary
  if (reason !== null) return `nothing to prune: ${reason}`
  const removed =
    backups.length === 0
      ? []
      : [`removed: ${showCounted(backups.length, 'backup')} (${showNumbers(backups)})`]
  const chunks = [
    `${showCounted(chunksDropped.length - chunksRewritten.length, 'chunk')} dropped`,
    ...(chunksRewritten.length === 0
      ? []
      : [`${showCounted(chunksRewritten.length, 'chunk')} rewritten as ${showSize(bytesRewritten)}`]),
    // A small set may grow by the checkpoint.
    `${bytesFreed < 0 ? `-${showSize(-bytesFreed)}` : showSize(bytesFreed)} freed`,
    `${showSize(bytesStored)} left`,
  ].join(', ')
  return [...removed, chunks].join('; ') + (dryRun ? ' (dry run)' : '')
}
