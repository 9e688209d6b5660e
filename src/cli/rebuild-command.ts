import type { RebuildOptions, RebuildSummary } from '../commands/rebuild/rebuild-options.ts'
import { ButcherError, exitStatus } from '../errors.ts'
import { showMilliseconds } from '../format/time-text.ts'
import { defined, flag, wholeNumber, word, words } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { rebuildSummaryLines, showDisc, showMissing } from './rebuild-summary.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { storeUse } from './store-use.ts'
import { showCounted } from './show.ts'

export const rebuildCommand: Command = {
  name: 'rebuild',
  positionals: [
    { name: 'disc', describe: 'discs of one set, or folders of them', count: 'many' },
    { name: 'catalog', describe: 'the file to write the catalog to', count: 'one' },
  ],
  options: [...readingSecrets, 'overwrite', 'bwlimit', 'jobs', 'json', 'quiet', 'no-progress'],
  describes: { overwrite: 'replace the catalog file if it is there' },
  examples: [
    ['butcher rebuild /media/disc1 /media/disc2 catalog.sqlite', 'from two drives'],
    ['butcher rebuild /srv/copies ~/catalog.sqlite', 'from a folder with copies of all discs'],
    ['butcher restore --index catalog.sqlite /srv/copies ~/restored', 'restore with the rebuilt catalog'],
  ],
  notes: [
    'butcher reads every chunk completely and needs no catalog.',
    'The rebuilt catalog is not encrypted, even if the set is. Protect it like the passphrase.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const options: RebuildOptions = {
      from: words(args, 'disc'),
      catalog: word(args, 'catalog'),
      ...defined({ overwrite: flag(args, 'overwrite'), jobs: wholeNumber(args, 'jobs') }),
      ...storeUse(args),
    }
    const secrets = await secretsOf(call)
    const { rebuild } = await import('../commands/rebuild/rebuild.ts')
    const summary = await withSecrets(call, options.from[0] as string, secrets, (given) =>
      rebuild({ ...options, ...given, report: reporter.report, signal }),
    )
    reporter.pause()
    if (reporter.json) output.line(JSON.stringify(jsonSummary(withTimes(summary))))
    else if (!reporter.quiet) for (const line of rebuildSummaryLines(summary)) output.sentence(line)
    if (summary.complete) return exitStatus.done
    await output.flushWhileRead()
    throw failureOf(summary)
  },
}

const withTimes = ({ backups, ...summary }: RebuildSummary): object => ({
  ...summary,
  backups: backups.map((backup) => ({
    ...backup,
    started: showMilliseconds(backup.started),
    finished: backup.finished === null ? null : showMilliseconds(backup.finished),
  })),
})

function failureOf({ missingDiscs, missingChunks, damaged, backups }: RebuildSummary): ButcherError {
  const hint = 'the catalog is written, with everything that the found chunks contain'
  if (missingChunks.length > 0) {
    const discs = missingDiscs.length === 0 ? '' : ` (${missingDiscs.map(showDisc).join(', ')})`
    return new ButcherError('missing-disc', `not complete: missing ${showMissing(missingChunks)}${discs}`, {
      hint,
    })
  }
  if (damaged.length > 0) {
    return new ButcherError(
      'damaged',
      `${showCounted(damaged.length, 'file')} damaged: the warnings above name them`,
      { hint },
    )
  }
  const open = backups.find(({ finished }) => finished === null)
  const what = `backup ${open?.backup} is not finished: it was interrupted, or later discs are missing`
  return new ButcherError('missing-disc', what, { hint })
}
