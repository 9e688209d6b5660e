import type { BackupDeviceSummary } from '../commands/device/backup-device-options.ts'
import { exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { defined, flag, text, wholeNumber, word } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { showDuration } from './show.ts'

export const deviceBackupCommand: Command = {
  name: 'device backup',
  positionals: [
    { name: 'device', describe: 'a whole disk, e.g. /dev/sdb', count: 'one' },
    { name: 'image', describe: 'the file to write: .img, .img.gz, .img.zst or .img.xz', count: 'one' },
  ],
  options: ['hash', 'map', 'skip-unused', 'jobs', 'json', 'quiet', 'no-progress'],
  choices: { hash: ['sha256', 'md5', 'none'] },
  describes: {
    hash: 'write IMAGE.sha256 or IMAGE.md5 with the sum of the image',
    map: 'go on past bad sectors: fill them with zeros, and list them in this file as ddrescue does',
  },
  examples: [
    ['butcher device backup /dev/sdb card.img.zst', 'an SD card into a compressed image'],
    [
      'butcher device backup /dev/sdb card.img --map card.map',
      'a bad card; run it again to try the bad sectors again',
    ],
  ],
  notes: [
    'The disk must not be mounted. butcher unmounts it if the desktop mounted it under /media or /run/media.',
    'The image has its name once it is complete. After an error or a stop nothing is left. An image also holds deleted files and passwords.',
    'Beside the image butcher writes IMAGE.json with size, serial number and SHA-256 of the disk.',
  ],
  run: async ({ args, output, reporter, signal }) => {
    const { backupDevice } = await import('../commands/device/backup-device.ts')
    const summary = await backupDevice({
      device: word(args, 'device'),
      image: word(args, 'image'),
      ...defined({
        hash: text(args, 'hash') as 'sha256' | 'md5' | 'none' | undefined,
        map: text(args, 'map'),
        jobs: wholeNumber(args, 'jobs'),
      }),
      skipUnused: flag(args, 'skip-unused'),
      report: reporter.report,
      signal,
    })
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else for (const line of summaryLines(summary, reporter.quiet)) output.sentence(showPath(line))
    return summary.badBytes > 0 ? exitStatus.incomplete : exitStatus.done
  },
}

function summaryLines(summary: BackupDeviceSummary, quiet: boolean): string[] {
  const bad =
    summary.badBytes > 0
      ? [
          `unreadable, and zeros in the image: ${showSize(summary.badBytes)}; run the command again to try them again`,
        ]
      : []
  if (quiet) return bad
  return [
    `wrote ${summary.image}: ${showSize(summary.imageBytes)} for ${showSize(summary.deviceBytes)} of ${summary.device}, in ${showDuration(summary.seconds)}`,
    ...(summary.skipped.length > 0 ? [`without the unused blocks of ${summary.skipped.join(', ')}`] : []),
    `sha256 of the ${summary.skipped.length > 0 ? 'raw image' : 'disk'}: ${summary.rawSha256}`,
    ...bad,
  ]
}
