import type { LabelOptions } from '../commands/label/label-options.ts'
import { exitStatus } from '../errors.ts'
import { parseDiscNumbers } from '../format/disc-numbers.ts'
import { showPath } from '../format/path-text.ts'
import { defined, flag, text, wholeNumber, words } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingOptions } from './options.ts'
import { fromPositional, withCatalog } from './reading.ts'

export const labelCommand: Command = {
  name: 'label',
  positionals: [
    fromPositional,
    { name: 'disc', describe: 'the discs: 3, 3,5 or 3-5 (default: all)', count: 'any' },
  ],
  options: ['out', 'title', 'case', 'copy', 'overwrite', ...readingOptions],
  describes: { overwrite: 'replace label files that are there', copy: 'make the label of this copy only' },
  examples: [
    ['butcher label /srv/discs', 'labels.pdf, with two pages for each disc'],
    ['butcher label /srv/discs 3 --out disc-3.svg --title "Photos"', 'disc-3-face.svg and disc-3-case.svg'],
    ['butcher label /srv/discs 3 --copy 2 --case dvd', 'for the second copy, in a DVD case'],
  ],
  notes: [
    'A PDF has two pages for each disc: the face (120 x 120 mm), and an A4 sheet for the case with cutting marks. Print at 100 %.',
    'The QR code names the set and the disc. A label never shows a passphrase. Each recorded copy gets its own label.',
  ],
  run: (call) =>
    withCatalog(call, 'whole', async (catalog) => {
      const { args, output, reporter } = call
      const discs = words(args, 'disc').flatMap(parseDiscNumbers)
      const { label } = await import('../commands/label/label.ts')
      const made = await label({
        catalog,
        out: text(args, 'out') ?? 'labels.pdf',
        overwrite: flag(args, 'overwrite'),
        ...(discs.length === 0 ? {} : { discs }),
        ...defined({
          copy: wholeNumber(args, 'copy'),
          title: text(args, 'title'),
          case: text(args, 'case') as LabelOptions['case'],
        }),
      })
      if (reporter.json) {
        for (const one of made.labels) output.line(jsonText({ type: 'label', ...one }))
        output.line(jsonText(jsonSummary({ files: made.files, labels: made.labels.length })))
      } else if (!reporter.quiet) {
        for (const file of made.files) output.line(showPath(file))
      }
      return exitStatus.done
    }),
}
