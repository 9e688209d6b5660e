import { discFolder } from '../format/layout.ts'
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
      describe: 'numbers: 3, 3,5 or 3-5, and spare-1; default all that are not burned yet',
      count: 'any',
    },
  ],
  options: [...readingSecrets, 'json', 'quiet', 'no-progress'],
  examples: [
    [
      'butcher iso /srv/discs',
      `an image of each disc that has none and is not burned yet, ${discFolder(1)}.iso`,
    ],
    ['butcher iso /srv/discs 3', 'of disc 3, also once more'],
  ],
  notes:
    'Needs xorriso. The image is made by ISO 9660 level 3 with Rock Ridge and Joliet; of one folder it is the same each time.\n' +
    'A disc of which there is an image takes no more: the next backup begins another one. butcher burn needs no image.',
  run: async ({ args, output, reporter, signal }) => {
    const secrets = await secretsOf(args)
    const { discs, spares } = parseDiscsAndSpares(words(args, 'disc'))
    const { makeImages } = await import('../commands/make-images.ts')
    const summary = await withSecrets(
      secrets,
      (opened) =>
        makeImages({
          destination: word(args, 'dest'),
          ...opened,
          discs,
          spares,
          onImage: (image) => {
            if (reporter.json) output.line(jsonText({ type: 'image', ...image }))
            else if (!reporter.quiet)
              output.line(showPath(`${image.file}: ${showSize(image.bytes)}, sha256 ${image.sha256}`))
          },
          report: reporter.report,
          signal,
        }),
      reporter.pause,
    )
    reporter.pause()
    const images = summary.discs.length + summary.spares.length
    if (reporter.json) output.line(jsonText(jsonSummary({ ...summary, notes: reporter.notes })))
    else if (!reporter.quiet) {
      output.line(
        images === 0
          ? 'nothing to do: every disc here has an image or is burned'
          : `made ${showCounted(images, 'image')} (${showSize(summary.bytes)}) in ${showDuration(summary.seconds)}`,
      )
    }
    await output.flushWhileRead()
    return exitStatus.done
  },
}
