import { parseDiscsAndSpares } from '../format/disc-numbers.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { exitStatus } from '../errors.ts'
import { word, words } from './arguments.ts'
import type { Command, Positional } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingSecrets } from './options.ts'
import { secretsOf, withSecrets } from './secrets-of-call.ts'
import { showCounted, showDuration } from './show.ts'

export const destinationPositional: Positional = {
  name: 'dest',
  describe: 'the destination of the backups',
  count: 'one',
}

export const isoCommand: Command = {
  name: 'iso',
  positionals: [
    destinationPositional,
    {
      name: 'disc',
      describe: 'the discs: 3, 3,5, 3-5 or spare-1 (default: every disc that is not burned)',
      count: 'any',
    },
  ],
  options: [...readingSecrets, 'json', 'quiet', 'no-progress'],
  examples: [
    [
      'butcher iso /srv/discs',
      'write disc-0001.iso and so on, for each disc without an image or a burned copy',
    ],
    ['butcher iso /srv/discs 3', 'write the image of disc 3, even if it has one'],
  ],
  notes: [
    'Needs xorriso. The image is ISO 9660 level 3 with Rock Ridge and Joliet. The same folder always gives the same image.',
    'A disc with an image is sealed: the next backup begins another disc. butcher burn needs no image.',
  ],
  run: async (call) => {
    const { args, output, reporter, signal } = call
    const secrets = await secretsOf(call)
    const { discs, spares } = parseDiscsAndSpares(words(args, 'disc'))
    const { makeImages } = await import('../commands/burn/make-images.ts')
    const summary = await withSecrets(call, word(args, 'dest'), secrets, (given) =>
      makeImages({
        destination: word(args, 'dest'),
        ...given,
        discs,
        spares,
        onImage: (image) => {
          if (reporter.json) output.line(jsonText({ type: 'image', ...image }))
          else if (!reporter.quiet)
            output.sentence(showPath(`${image.file}: ${showSize(image.bytes)}, sha256 ${image.sha256}`))
        },
        report: reporter.report,
        signal,
      }),
    )
    reporter.pause()
    const images = summary.discs.length + summary.spares.length
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) {
      output.sentence(
        images === 0
          ? 'nothing to do: every disc here has an image or is burned'
          : `made ${showCounted(images, 'image')} (${showSize(summary.bytes)}) in ${showDuration(summary.seconds)}`,
      )
    }
    await output.flushWhileRead()
    return exitStatus.done
  },
}
