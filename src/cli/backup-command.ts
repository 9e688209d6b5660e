import fs from 'node:fs'
import path from 'node:path'
import type { BackupOptions } from '../commands/backup-options.ts'
import { exitStatus } from '../errors.ts'
import { destinationCatalogFile } from '../format/layout.ts'
import { mediumNames, parseMedium } from '../format/medium.ts'
import { pathForSystem } from '../format/path-text.ts'
import { parseSize } from '../format/size-text.ts'
import { type Arguments, defined, flag, list, text, wholeNumber, word } from './arguments.ts'
import { backupSummaryLines } from './backup-summary.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { nearest } from './nearest.ts'
import { pathChoice } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showCounted } from './show.ts'
import { usageError } from './split-words.ts'

export const backupCommand: Command = {
  name: 'backup',
  positionals: [
    { name: 'src', describe: 'the directory to back up', count: 'one' },
    { name: 'dest', describe: 'where disc-0001, disc-0002, ... and the catalog are made', count: 'one' },
  ],
  options: [
    'passphrase', 'passphrase-file', 'encrypt', 'recipient', 'private-key', 'index', 'name', 'medium', 'chunk-size',
    'max-discs', 'compress', 'hash', ...pathChoice, 'one-file-system', 'full', 'new-disc', 'dry-run', 'jobs', 'json', 'quiet', 'no-progress',
  ], // prettier-ignore
  examples: [
    ['butcher backup ~/photos /srv/discs', 'the first time everything, then what changed'],
    ['butcher backup --encrypt ~/photos /srv/discs', 'asks for a passphrase'],
    ['butcher backup --medium dvd --max-discs 2 src dest', 'two DVDs now; the same again for the next two'],
    [`butcher backup --exclude '*.o' --exclude build/ src dest`, 'leaves out what can be made again'],
    ['butcher backup --dry-run src dest', 'how many discs it would take'],
  ],
  notes:
    'A disc folder may be burned and removed between backups: the next one needs only the catalog.\n' +
    'A .butcherignore in a folder of the source speaks gitignore.',
  run: async ({ args, output, reporter, signal }) => {
    const options = optionsOf(args)
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
    if (summary.sourceWarnings === 0) return exitStatus.done
    const troubled = showCounted(summary.sourceWarnings, 'source path')
    reporter.tell(`warning: ${troubled} could not be backed up as it should: see the warnings above`)
    return exitStatus.incomplete
  },
}

function optionsOf(args: Arguments): BackupOptions {
  const medium = text(args, 'medium')
  if (medium !== undefined) checkMedium(medium)
  const chunkSize = text(args, 'chunk-size')
  const values = {
    index: text(args, 'index'),
    name: text(args, 'name') || undefined,
    medium,
    chunkSizeBytes: chunkSize === undefined ? undefined : parseSize(chunkSize, '--chunk-size'),
    maxDiscs: wholeNumber(args, 'max-discs'),
    compress: text(args, 'compress') as BackupOptions['compress'] | undefined,
    hash: text(args, 'hash') as BackupOptions['hash'] | undefined,
    include: list(args, 'include'),
    exclude: list(args, 'exclude'),
    excludeFrom: list(args, 'exclude-from'),
    filter: text(args, 'filter'),
    oneFileSystem: flag(args, 'one-file-system'),
    full: flag(args, 'full'),
    newDisc: flag(args, 'new-disc'),
    dryRun: flag(args, 'dry-run'),
    jobs: wholeNumber(args, 'jobs'),
  }
  return { source: word(args, 'src'), destination: word(args, 'dest'), ...defined(values) }
}

function checkMedium(medium: string): void {
  if (/^\s*[\d.]/.test(medium) || mediumNames.includes(medium.trim().toLowerCase()))
    return void parseMedium(medium)
  const near = nearest(medium, mediumNames)
  throw usageError(
    `--medium '${medium}' is none of ${mediumNames.join(', ')} and no size like 650MB${near === undefined ? '' : `; did you mean ${near}?`}`,
  )
}

function hasCatalog(destination: string): boolean {
  return [true, false].some((encrypted) =>
    fs.existsSync(pathForSystem(path.join(destination, destinationCatalogFile(encrypted)))),
  )
}
