import type { EntryRow } from '../catalog/entry-rows.ts'
import { list as listEntries } from '../commands/catalog/list.ts'
import { defined, list, optionalWord, text } from './arguments.ts'
import type { Command } from './command.ts'
import { entryFields, entryLine } from './entry-text.ts'
import { pathChoice, readingOptions } from './options.ts'
import { showZonedTime } from './show.ts'
import { showPath } from '../format/path-text.ts'
import type { ListedObject, Typed } from './json-rows.ts'
import { fromPositional, printRows, withCatalog } from './reading.ts'

const listedObject = (entry: EntryRow, backup: number): Typed<ListedObject> => ({
  type: 'entry',
  backup,
  ...entryFields(entry),
})

export const listCommand: Command = {
  name: 'list',
  positionals: [
    fromPositional,
    { name: 'path', describe: 'only this file or folder, relative to the source', count: 'optional' },
  ],
  options: ['at', ...pathChoice, 'forgotten', ...readingOptions],
  examples: [
    ['butcher list /srv/discs', 'every file of the newest backup'],
    ['butcher list /srv/discs photos/2026', 'the files of one folder'],
    ['butcher list --at 3 --json /media/cdrom', 'backup 3, as JSON'],
  ],
  run: (call) =>
    withCatalog(call, 'as-read', ({ db }) => {
      const { args } = call
      const { backup, entries } = listEntries(
        db,
        defined({
          at: text(args, 'at'),
          path: optionalWord(args, 'path'),
          include: list(args, 'include'),
          exclude: list(args, 'exclude'),
          excludeFrom: list(args, 'exclude-from'),
          filter: text(args, 'filter'),
          hashes: call.reporter.json, // lines do not show them
          report: call.reporter.report,
        }),
      )
      if (process.stderr.isTTY && !call.reporter.json && !call.reporter.quiet) {
        const name = backup.name === null ? '' : `, ${showPath(backup.name)}`
        call.reporter.tell(`backup ${backup.number} of ${showZonedTime(backup.started)}${name}`)
      }
      const sums = { entries: 0, files: 0, bytes: 0 }
      const json = (entry: EntryRow): object => {
        sums.entries++
        if (entry.type === 'file') {
          sums.files++
          sums.bytes += entry.size ?? 0
        }
        return listedObject(entry, backup.number)
      }
      return printRows(call, entries, { json, text: entryLine }, () => ({ backup: backup.number, ...sums }))
    }),
}
