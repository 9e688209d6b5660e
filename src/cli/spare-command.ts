import { ButcherError, exitStatus } from '../errors.ts'
import { parseDiscNumbers } from '../format/disc-numbers.ts'
import { shellWord } from '../format/shell-word.ts'
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
import { showCounted, showDuration } from './show.ts'

export const spareCommand: Command = {
  name: 'spare',
  positionals: [
    destinationPositional,
    { name: 'disc', describe: 'the group, from 2 to 20 discs: 1-5, or 1 2 3', count: 'many' },
  ],
  options: [...readingSecrets, 'from', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher spare /srv/discs 1-5', 'protect these five discs against the loss of any one of them'],
    [
      'butcher spare /srv/discs 1-5 --from /media/cdrom',
      'prompt for the discs that are no longer in the destination',
    ],
  ],
  notes: [
    'butcher writes the spare to the folder spare-0001 of the destination. butcher iso DEST spare-1 makes its image for a burning program. Its README.txt explains the recovery by hand.',
    'The discs of the group are sealed: later backups do not change them.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const secrets = await secretsOf(call)
    const discs = words(args, 'disc').flatMap(parseDiscNumbers)
    const from = list(args, 'from')
    const asks = canAsk() && !reporter.json && !reporter.quiet
    const { makeSpare } = await import('../commands/spare/make-spare.ts')
    const summary = await withSecrets(call, word(args, 'dest'), secrets, (given) =>
      makeSpare({
        destination: word(args, 'dest'),
        ...given,
        discs,
        from,
        ...(asks ? { requestDisc: placeAsker(from, reporter, signal) } : {}),
        report: reporter.report,
        signal,
      }),
    )
    reporter.pause()
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) {
      const { spare, folder, bytes, seconds } = summary
      const of = summary.discs.join(', ')
      output.sentence(
        showPath(`spare ${spare} of discs ${of}: ${folder}, ${showSize(bytes)}, in ${showDuration(seconds)}`),
      )
      const image = `butcher iso ${shellWord(word(args, 'dest'))} spare-${spare}`
      output.sentence(`to burn it: ${image}, then burn the image with any program`)
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
        'the places of the spare and the other discs: discs, images, a folder of discs, a destination',
      count: 'many',
    },
    { name: 'out', describe: 'a new folder for the recovered disc', count: 'one' },
  ],
  options: ['json', 'quiet', 'no-progress'],
  examples: [
    ['butcher recover 3 /srv/discs /srv/discs/disc-0003', 'from the folders of a destination'],
    [
      'butcher recover 3 /media/cdrom disc-0003',
      'the spare is in the drive; butcher prompts for the other discs',
    ],
  ],
  notes: [
    'Needs no catalog and no passphrase. butcher checks every byte. The exit status is 0 only if the disc is the same as before.',
  ],
  run: async ({ args, output, reporter, signal }) => {
    const from = words(args, 'from')
    const [disc, ...more] = parseDiscNumbers(word(args, 'disc'))
    if (more.length > 0) throw new ButcherError('usage', 'recover takes one disc number')
    const asks = canAsk() && !reporter.json && !reporter.quiet
    const { recover } = await import('../commands/spare/recover.ts')
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
      output.sentence(
        showPath(
          `disc ${disc} (${label}) by spare ${spare}: ${out}, ${showCounted(files, 'file')}, ${showSize(bytes)}, in ${showDuration(seconds)}`,
        ),
      )
    }
    await output.flushWhileRead()
    if (damaged.length === 0) return exitStatus.done
    const some = damaged.slice(0, 5).join(', ')
    throw new ButcherError(
      'damaged',
      `${damaged.length} of ${showCounted(files, 'file')} of disc ${disc} differ from the lost disc: ${some}${damaged.length > 5 ? ', ...' : ''}`,
      { hint: 'the warnings above name the damage; butcher restore still gets the sound files of this disc' },
    )
  },
}
