import { exitStatus } from '../errors.ts'
import { flag, word, words } from './arguments.ts'
import { backupChoice, backupOptionsOf } from './backup-options-of-call.ts'
import { backupSummaryLines } from './backup-summary.ts'
import { backUpAndBurn, burnOptionsOf } from './burn-call.ts'
import type { Call, Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { secretsOfBackup } from './encryption-of-set.ts'
import { withSecrets } from './secrets-of-call.ts'
import { showCounted } from './show.ts'
import { usageError } from './split-words.ts'

/** The options of burn that go with --burn. */
const burnChoice = ['device', 'copies', 'speed', 'spares', 'blank', 'load-command', 'unload-command'] as const

export const backupCommand: Command = {
  name: 'backup',
  positionals: [
    {
      name: 'src',
      describe:
        'the directory, disk (/dev/sdb) or partition image to back up; or several directories and files',
      count: 'many',
    },
    {
      name: 'dest',
      describe: 'the folder for disc-0001, disc-0002, ... and the catalog, or rclone:REMOTE:PATH',
      count: 'one',
    },
  ],
  options: [
    'as',
    ...backupChoice,
    'index',
    'max-discs',
    'new-disc',
    'replace-disc',
    'as-partition',
    'burn',
    ...burnChoice,
    'queue',
    'queue-file',
    'plan-jobs',
    'worker-key',
    'source-map',
    'staging',
    'bwlimit',
    'proof',
    'dry-run',
    'json',
    'quiet',
    'no-progress',
  ],
  dependent: { on: 'burn', options: burnChoice },
  describes: {
    device: 'burn in this drive, /dev/sr0, or into stdio:FILE, %d the disc and %c the copy; repeatable',
  },
  examples: [
    [
      'butcher backup ~/photos /srv/discs',
      'the first run stores everything, each later run only the changes',
    ],
    ['butcher backup --encrypt ~/photos /srv/discs', 'encrypted; butcher prompts for the passphrase'],
    [
      'butcher backup --medium dvd --max-discs 2 ~/photos /srv/discs',
      'stage two DVDs now; run it again for the next two',
    ],
    [
      'butcher backup --redundancy 10% ~/photos /srv/discs',
      'reserve a tenth of each disc for parity against scratches',
    ],
    [
      `butcher backup --exclude '*.o' --exclude build/ ~/src /srv/discs`,
      'leave out files that can be built again',
    ],
    [
      'butcher backup --replace-disc 3 ~/photos /srv/discs',
      'disc 3 is lost: store the files again that only it held',
    ],
    [
      'butcher backup /dev/sdb /srv/discs',
      'a card or disk, in pieces of 1 MiB: later only those that changed',
    ],
    [
      'butcher backup ~/photos ~/letters /srv/discs',
      'several sources: the paths begin with photos/ and letters/',
    ],
    [
      'butcher backup --as pictures --as mail ~/photos /var/mail /srv/discs',
      'the paths begin with pictures/ and mail/',
    ],
    ['butcher backup --as-partition sda1.img /srv/discs', 'the partition that the image holds'],
    ['butcher backup --staging 2GB ~/photos rclone:nas:backups/photos', 'into a store: any remote of rclone'],
    ['butcher backup --burn ~/photos /srv/discs', 'stage, burn and remove one disc after another'],
    [
      'butcher backup --queue redis://head --medium unlimited /data /srv/backup',
      'workers on other hosts pack the files (butcher worker)',
    ],
    [
      'butcher backup --medium unlimited --plan-jobs /shared/jobs /data /srv/backup',
      'write a job for each chunk; other hosts do them by butcher pack-chunk',
    ],
    ['butcher backup --dry-run ~/photos /srv/discs', 'show how many discs a backup needs'],
  ],
  notes: [
    'You can burn a disc folder and remove it. The next backup needs only the catalog.',
    'A set keeps the options of its last backup. --reset-options starts from the built-in defaults.',
    'If one of several sources is missing, its files stay as in the last backup, and the exit status is 3.',
    'A file named .butcherignore excludes paths in its folder. It has the syntax of .gitignore.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const options = backupOptionsOf(args, words(args, 'src'), word(args, 'dest'))
    if (flag(args, 'burn')) {
      refuseWithBurn(call)
      return backUpAndBurn(call, options, burnOptionsOf(call))
    }
    const stray = burnChoice.find((name) => args.options[name] !== undefined)
    if (stray !== undefined) throw usageError(`--${stray} needs --burn`)
    const secrets = await secretsOfBackup(call, options)
    const { backup } = await import('../commands/backup/backup.ts')
    const summary = await withSecrets(call, options.destination, secrets, (given) =>
      backup({ ...options, ...given, report: reporter.report, signal }),
    )
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) {
      for (const line of backupSummaryLines(summary, options.destination)) output.sentence(line)
    }
    if ((summary.filesLost ?? 0) > 0) {
      const lost = showCounted(summary.filesLost ?? 0, 'version')
      reporter.tell(`warning: ${lost} of files on lost discs cannot be stored again: see the warnings above`)
      return exitStatus.incomplete
    }
    if (summary.sourceWarnings === 0) return exitStatus.done
    const troubled = showCounted(summary.sourceWarnings, 'source path')
    reporter.tell(`warning: ${troubled} could not be backed up correctly: see the warnings above`)
    return exitStatus.incomplete
  },
}

function refuseWithBurn({ args }: Call): void {
  const other = (['dry-run', 'plan-jobs', 'max-discs', 'index', 'new-disc', 'replace-disc'] as const).find(
    (name) => args.options[name] !== undefined,
  )
  if (other !== undefined) throw usageError(`--burn cannot be used with --${other}`)
}
