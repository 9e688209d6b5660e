import type { FoundObject, Typed } from './json-rows.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import { find, type FoundEntry } from '../commands/catalog/find.ts'
import { basenameRanges } from '../set/basename-filter-file.ts'
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
      describe: 'a part of a name, a part of a path (with a slash), or a glob',
      count: 'one',
    },
  ],
  options: ['exact', 'ignore-case', 'forgotten', ...readingOptions],
  examples: [
    ['butcher find /srv/discs best', 'find best.jpg and second-best.txt in every folder'],
    [`butcher find /srv/discs '*.jpg'`, 'match the last name of each path with a glob'],
    [`butcher find /srv/discs 'photos/**/IMG_00[1-9]?.{jpg,png}'`, 'match the whole path with a glob'],
    ['butcher find /srv/discs --exact letters/will.txt', 'show where all versions of one file are stored'],
  ],
  notes: [
    'A pattern with * ? or [ is a glob: without a slash it matches the last name, with a slash the whole path. Other text matches a part of the last name, or with a slash a part of the path.',
    'Each version of a path is one line: its backups, and the disc and chunk of its content.',
  ],
  run: (call) =>
    withCatalog(call, 'as-read', async ({ db, origin }) => {
      let found = 0
      const rows = find(db, word(call.args, 'pattern'), {
        ignoreCase: flag(call.args, 'ignore-case'),
        exact: flag(call.args, 'exact'),
        basenameRanges: (names) => basenameRanges(db, origin, names),
      })
      const counted = function* () {
        for (const row of rows) {
          found++
          yield row
        }
      }
      const format = { json: ({ row }: FoundLine) => foundObject(row), text: ({ line }: FoundLine) => line }
      const status = await printRows(call, aligned(counted(), call.output.tableWidth), format, () => ({
        found,
      }))
      if (found > 0) return status
      const pattern = showPath(word(call.args, 'pattern'))
      throw new ButcherError('no-match', `nothing in the set matches '${pattern}'`, {
        hint: flag(call.args, 'ignore-case')
          ? 'butcher list shows the files of a backup'
          : '--ignore-case ignores the case of letters',
      })
    }),
}

interface FoundLine {
  readonly row: FoundEntry
  readonly line: string
}

/** So many lines are looked at for the width of their columns. */
const rowsAtOnce = 500

/** On a narrow terminal, the time of the file gives way to its path. */
const leastPathColumns = 12
const timeColumn = 1

function* aligned(rows: Iterable<FoundEntry>, terminal = Infinity): Generator<FoundLine> {
  const widths = [8, 16, 9, 15]
  let batch: { row: FoundEntry; cells: readonly string[] }[] = []
  const lines = function* (): Generator<FoundLine> {
    for (const { cells } of batch)
      cells.forEach((cell, i) => (widths[i] = Math.max(widths[i] as number, cell.length)))
    const isNarrow = widths.reduce((sum, width) => sum + width + 2, leastPathColumns) > terminal
    for (const { row, cells } of batch) {
      const padded = cells
        .map((cell, i) => (i === 0 ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
        .filter((_, i) => !isNarrow || i !== timeColumn)
      yield { row, line: [...padded, showPath(row.entry.path)].join('  ') }
    }
    batch = []
  }
  for (const row of rows) {
    batch.push({ row, cells: cellsOf(row) })
    if (batch.length === rowsAtOnce) yield* lines()
  }
  yield* lines()
}

function cellsOf({ entry, firstBackup, lastBackup, stored }: FoundEntry): string[] {
  const backups =
    firstBackup === lastBackup ? `backup ${firstBackup}` : `backups ${firstBackup}-${lastBackup}`
  const discs = numbersOf(stored.map(({ disc }) => disc))
  const chunks = numbersOf(stored.map(({ chunk }) => chunk))
  const place =
    stored.length === 0
      ? '-'
      : `${plural('disc', discs)} ${showNumbers(discs)}, ${plural('chunk', chunks)} ${showNumbers(chunks)}`
  const size = isFile(entry) ? showSize(entry.size ?? 0) : showPath(entry.type)
  return [size, showLocalNanoseconds(entry.mtime), backups, place]
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
