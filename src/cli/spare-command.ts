import { ButcherError, exitStatus } from '../errors.ts'
import { parseDiscNumbers } from '../format/disc-numbers.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { list, word, words } from './arguments.ts'
import { canAsk } from './ask.ts'
import type { Command } from './command.ts'
import { placeAsker } from './place-asker.ts'
import { destinationPositional } from './iso-command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showDuration } from './show.ts'

export const spareCommand: Command = {
  name: 'spare',
  positionals: [
    destinationPositional,
    { name: 'disc', describe: 'the group: 1-5, or 1 2 3; from 2 to 20 discs', count: 'many' },
  ],
  options: [...readingSecrets, 'from', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher spare /srv/discs 1-5', 'any one of these five discs can be lost then'],
    ['butcher spare /srv/discs 1-5 --from /media/cdrom', 'discs that are burned and gone are asked for'],
  ],
  notes:
    'The spare stands in the destination as spare-0001, to be burned like a disc; its README.txt says how it is used by hand.\n' +
    'It takes discs as they are: those of its group take no more, and stay as they are.',
  run: async ({ args, output, reporter, signal }) => {
    const secrets = await secretsOf(args)
    const discs = words(args, 'disc').flatMap(parseDiscNumbers)
    const from = list(args, 'from')
    const asks = canAsk() && !reporter.json && !reporter.quiet
    const { makeSpare } = await import('../commands/make-spare.ts')
    const summary = await withSecrets(
      secrets,
      (opened) =>
        makeSpare({
          destination: word(args, 'dest'),
          ...opened,
          discs,
          from,
          ...(asks ? { requestDisc: placeAsker(from, reporter, signal) } : {}),
          report: reporter.report,
          signal,
        }),
      reporter.pause,
    )
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) {
      const { spare, folder, bytes, seconds } = summary
      const of = summary.discs.join(', ')
      output.line(
        showPath(`spare ${spare} of discs ${of}: ${folder}, ${showSize(bytes)}, in ${showDuration(seconds)}`),
      )
    }
    await output.flushWhileRead()
    return exitStatus.done
  },
}

export const recoverCommand: Command = {
  name: 'recover',
  positionals: [
    { name: 'disc', describe: 'the number of the lost disc', count: 'one' },
    {
      name: 'from',
      describe:
        'where the spare and the other discs are: discs, mounted ones, a folder of discs, a destination',
      count: 'many',
    },
    { name: 'out', describe: 'the folder that becomes the disc: not there yet', count: 'one' },
  ],
  options: ['json', 'quiet', 'no-progress'],
  examples: [
    ['butcher recover 3 /srv/discs /srv/discs/disc-0003', 'from what is in a destination'],
    [
      'butcher recover 3 /media/cdrom disc-0003',
      'the spare is in the drive; the discs are asked for, one by one',
    ],
  ],
  notes:
    'Needs no catalog and no passphrase. Every byte is checked; the status is 0 only where the disc is as it was.',
  run: async ({ args, output, reporter, signal }) => {
    const from = words(args, 'from')
    const [disc, ...more] = parseDiscNumbers(word(args, 'disc'))
    if (more.length > 0) throw new ButcherError('usage', 'one disc can be made again, no more')
    const asks = canAsk() && !reporter.json && !reporter.quiet
    const { recover } = await import('../commands/recover.ts')
    const summary = await recover({
      disc: disc as number,
      from,
      out: word(args, 'out'),
      ...(asks ? { requestDisc: placeAsker(from, reporter, signal) } : {}),
      report: reporter.report,
      signal,
    })
    reporter.pause()
    const { damaged, label, spare, out, files, bytes, seconds } = summary
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) {
      output.line(
        showPath(
          `disc ${disc} (${label}) by spare ${spare}: ${out}, ${files} files, ${showSize(bytes)}, in ${showDuration(seconds)}`,
        ),
      )
    }
    await output.flushWhileRead()
    if (damaged.length === 0) return exitStatus.done
    const some = damaged.slice(0, 5).join(', ')
    throw new ButcherError(
      'damaged',
      `${damaged.length} of ${files} files of disc ${disc} did not come back as they were: ${some}${damaged.length > 5 ? ', ...' : ''}`,
      { hint: 'the warnings above say what was damaged; butcher restore gets what it can out of the disc' },
    )
  },
}
