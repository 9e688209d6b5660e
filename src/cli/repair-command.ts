import type { RepairSummary } from '../commands/repair/repair-options.ts'
import { ButcherError, exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { defined, wholeNumber, word } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { showCounted, showDuration } from './show.ts'

export const repairCommand: Command = {
  name: 'repair',
  positionals: [
    { name: 'disc', describe: 'the folder of the damaged disc, or an image of it', count: 'one' },
    { name: 'out', describe: 'a new folder for the repaired disc', count: 'one' },
  ],
  options: ['jobs', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher repair disc.iso disc-0003', 'an image that ddrescue made of a scratched disc'],
    ['butcher repair /media/cdrom disc-0003', 'a disc in the drive; unreadable parts are skipped'],
  ],
  notes: [
    'Needs par2 and a disc made with --redundancy. From a disc without parity, butcher copies the sound files. It needs no passphrase or key.',
    'First make an image of a disc in a drive. ddrescue -b 2048 -n /dev/sr0 disc.iso disc.map reads more than cp.',
  ],
  run: async ({ args, output, reporter, signal }) => {
    const { repair } = await import('../commands/repair/repair.ts')
    const summary = await repair({
      disc: word(args, 'disc'),
      out: word(args, 'out'),
      ...defined({ jobs: wholeNumber(args, 'jobs') }),
      report: reporter.report,
      signal,
    })
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else for (const line of summaryLines(summary, reporter.quiet)) output.sentence(showPath(line))
    const failure = failureOf(summary)
    if (failure) throw failure
    return exitStatus.done
  },
}

function summaryLines(summary: RepairSummary, quiet: boolean): string[] {
  const { files, bytes, repaired, wrong, seconds } = summary
  const stillWrong = wrong.map((name) => `still wrong, and left out: ${name}`)
  if (quiet) return stillWrong
  return [
    ...repaired.map((name) => `repaired: ${name}`),
    ...stillWrong,
    `sound: ${showCounted(files, 'file')} (${showSize(bytes)}), in ${showDuration(seconds)}`,
    ...(summary.identical ? ['the copy is the disc as it was, to the last byte'] : []),
    ...(wrong.length === 0 && !summary.identical && summary.hasParity
      ? ['every file is right; parity/ was made by another program, so it and SHA256SUMS are new']
      : []),
  ]
}

function failureOf({ wrong, blocksMissing, hasParity, files }: RepairSummary): ButcherError | undefined {
  if (wrong.length === 0 && files > 0) return undefined
  const lost = `${showCounted(wrong.length, 'file')} cannot be repaired`
  if (!hasParity) {
    return new ButcherError('damaged', `the disc has no parity: ${lost}`, {
      hint: 'restore takes sound files from here and the others from copies; verify names the lost source files',
    })
  }
  return new ButcherError(
    'damaged',
    `${lost}: ${showCounted(blocksMissing ?? 0, 'block')} too few are left`,
    {
      hint: 'read the disc again with ddrescue into the same image, also in another drive: every further block helps',
    },
  )
}
