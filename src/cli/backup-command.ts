import { exitStatus } from '../errors.ts'
import { word } from './arguments.ts'
import { backupChoice, backupOptionsOf, hasCatalog } from './backup-options-of-call.ts'
import { backupSummaryLines } from './backup-summary.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showCounted } from './show.ts'

export const backupCommand: Command = {
  name: 'backup',
  positionals: [
    { name: 'src', describe: 'the directory to back up', count: 'one' },
    { name: 'dest', describe: 'where disc-0001, disc-0002, ... and the catalog are made', count: 'one' },
  ],
  options: [
    ...backupChoice,
    'index',
    'max-discs',
    'new-disc',
    'replace-disc',
    'dry-run',
    'json',
    'quiet',
    'no-progress',
  ],
  examples: [
    ['butcher backup ~/photos /srv/discs', 'the first time everything, then what changed'],
    ['butcher backup --encrypt ~/photos /srv/discs', 'asks for a passphrase'],
    ['butcher backup --medium dvd --max-discs 2 src dest', 'two DVDs now; the same again for the next two'],
    ['butcher backup --redundancy 10% src dest', 'a tenth of each disc is parity against scratches'],
    [`butcher backup --exclude '*.o' --exclude build/ src dest`, 'leaves out what can be made again'],
    ['butcher backup --replace-disc 3 src dest', 'disc 3 is lost: what only it had is stored again'],
    ['butcher backup --dry-run src dest', 'how many discs it would take'],
  ],
  notes:
    'A disc folder may be burned and removed between backups: the next one needs only the catalog.\n' +
    'A .butcherignore in a folder of the source speaks gitignore.',
  run: async ({ args, output, reporter, signal }) => {
    const options = backupOptionsOf(args, word(args, 'src'), word(args, 'dest'))
    const index = options.index
    const begins = (): boolean => index === undefined && !hasCatalog(options.destination)
    const secrets = await secretsOf(args, begins)
    const { backup } = await import('../commands/backup.ts')
    const summary = await withSecrets(
      secrets,
      (opened) => backup({ ...options, ...opened, report: reporter.report, signal }),
      reporter.pause,
    )
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) {
      for (const line of backupSummaryLines(summary, options.destination)) output.line(line)
    }
    if ((summary.filesLost ?? 0) > 0) {
      const lost = showCounted(summary.filesLost ?? 0, 'version')
      reporter.tell(`warning: ${lost} of files on lost discs cannot be stored again: see the warnings above`)
      return exitStatus.incomplete
    }
    if (summary.sourceWarnings === 0) return exitStatus.done
    const troubled = showCounted(summary.sourceWarnings, 'source path')
    reporter.tell(`warning: ${troubled} could not be backed up as it should: see the warnings above`)
    return exitStatus.incomplete
  },
}
