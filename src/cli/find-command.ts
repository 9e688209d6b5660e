import type { FoundObject, Typed } from './json-rows.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import { find, type FoundEntry } from '../commands/catalog/find.ts'
import { placesOfNames } from '../set/name-index.ts'
import { ButcherError } from '../errors.ts'
import { isFile } from '../format/entry-kind.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { flag, word } from './arguments.ts'
import type { Command } from './command.ts'
import { entryFields } from './entry-text.ts'
import { readingOptions } from './options.ts'
import { fromPositional, printRows, withCatalog } from './reading.ts'
import { showLocalNanoseconds } from './show.ts'

export const findCommand: Command = {
  name: 'find',
  positionals: [
    fromPositional,
    {
      name: 'pattern',
      describe: 'a glob; it matches the last name, or with a slash the whole path',
      count: 'one',
    },
  ],
  options: ['ignore-case', ...readingOptions],
  examples: [
    [`butcher find /srv/discs '*.jpg'`, 'search the last name of each path'],
    [`butcher find /srv/discs 'photos/**/IMG_00[1-9]?.{jpg,png}'`, 'search the whole path'],
    ['butcher find /srv/discs letters/will.txt', 'show where all versions of one file are stored'],
  ],
  notes: ['Each version of a path is one line: its backups, and the disc and chunk of its content.'],
  run: (call) =>
    withCatalog(call, 'as-read', async ({ db, origin }) => {
      let found = 0
      const rows = find(db, word(call.args, 'pattern'), {
        ignoreCase: flag(call.args, 'ignore-case'),
        placesOfNames: (names) => placesOfNames(db, origin, names),
      })
      const counted = function* () {
        for (const row of rows) {
          found++
          yield row
        }
      }
      const status = await printRows(call, counted(), { json: foundObject, text: foundLine }, () => ({
        found,
      }))
      if (found > 0) return status
      const pattern = showPath(word(call.args, 'pattern'))
      throw new ButcherError('no-match', `nothing in the set matches '${pattern}'`, {
        hint: `a pattern without a slash is for the whole last name: '*name*' finds what holds it`,
      })
    }),
}

function foundLine({ entry, firstBackup, lastBackup, stored }: FoundEntry): string {
  const backups =
    firstBackup === lastBackup ? `backup ${firstBackup}` : `backups ${firstBackup}-${lastBackup}`
  const discs = numbersOf(stored.map(({ disc }) => disc))
  const chunks = numbersOf(stored.map(({ chunk }) => chunk))
  const place =
    stored.length === 0
      ? '-'
      : `${plural('disc', discs)} ${showNumbers(discs)}, ${plural('chunk', chunks)} ${showNumbers(chunks)}`
  const size = isFile(entry) ? showSize(entry.size ?? 0) : showPath(entry.type)
  return [
    size.padStart(8),
    showLocalNanoseconds(entry.mtime),
    backups.padEnd(11),
    place.padEnd(17),
    showPath(entry.path),
  ].join('  ')
}

const plural = (one: string, of: readonly number[]): string => (of.length === 1 ? one : `${one}s`)

const numbersOf = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b)

const foundObject = ({ entry, firstBackup, lastBackup, stored }: FoundEntry): Typed<FoundObject> => ({
  type: 'entry',
  ...entryFields(entry),
  first_backup: firstBackup,
  last_backup: lastBackup,
  stored,
})
