import { exitStatus } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { flag, word } from './arguments.ts'
import type { Command } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import { readingOptions } from './options.ts'
import { fromPositional, withCatalog } from './reading.ts'
import { showCounted } from './show.ts'

export const indexCommand: Command = {
  name: 'index',
  positionals: [fromPositional, { name: 'page', describe: 'the HTML file to write', count: 'one' }],
  options: ['overwrite', ...readingOptions],
  describes: { overwrite: 'replace the page if it is there' },
  examples: [['butcher index /srv/discs ~/discs.html', 'all files of all backups, for any browser']],
  notes: [
    'The page works offline in any browser. It has a tree of folders, a search, the versions of each file and their discs.',
    'The page is not encrypted, even if the set is. Protect it like the passphrase.',
  ],
  run: (call) =>
    withCatalog(call, 'whole', async (catalog) => {
      const { args, output, reporter, signal } = call
      const { makeIndex } = await import('../commands/label/index-page.ts')
      const made = await makeIndex({
        catalog,
        out: word(args, 'page'),
        overwrite: flag(args, 'overwrite'),
        signal,
      })
      if (reporter.json) output.line(jsonText(jsonSummary({ ...made })))
      else if (!reporter.quiet) {
        const what = `${showCounted(made.entries, 'entry', 'entries')} of ${showCounted(made.backups, 'backup')}`
        output.sentence(`${showPath(made.file)}: ${showSize(made.bytes)}, ${what}`)
      }
      return exitStatus.done
    }),
}
