import { diff } from '../commands/catalog/diff.ts'
import type { ChangeObject, SideObject, Typed } from './json-rows.ts'
import type { Change, ChangeKind } from '../catalog/compare-backups.ts'
import { showPath } from '../format/path-text.ts'
import { optionalWord } from './arguments.ts'
import type { Command } from './command.ts'
import { readingOptions } from './options.ts'
import { fromPositional, printRows, withCatalog } from './reading.ts'
import { isoNanoseconds, showCount } from './show.ts'

export const diffCommand: Command = {
  name: 'diff',
  positionals: [
    fromPositional,
    { name: 'a', describe: 'a backup, by number or date (default: the one before b)', count: 'optional' },
    { name: 'b', describe: 'a later backup, by number or date (default: the newest)', count: 'optional' },
  ],
  options: ['forgotten', ...readingOptions],
  examples: [
    ['butcher diff /srv/discs', 'the changes of the newest backup'],
    ['butcher diff /srv/discs 2 5', 'from backup 2 to backup 5'],
    ['butcher diff /srv/discs 2026-11-01', 'since that day'],
  ],
  notes: [
    '+ new, M changed, > moved, - deleted, U same content with another mode, owner or time.',
    'A directory whose time alone differs is not listed.',
  ],
  run: (call) =>
    withCatalog(call, 'as-read', async ({ db }) => {
      const { from, to, changes } = diff(db, optionalWord(call.args, 'a'), optionalWord(call.args, 'b'))
      const counts: Record<ChangeKind, number> = { new: 0, changed: 0, moved: 0, deleted: 0, metadata: 0 }
      const counted = function* () {
        for (const change of changes) {
          counts[change.kind]++
          yield change
        }
      }
      const summary = (): object => ({ from: from.number, to: to.number, ...counts })
      const status = await printRows(call, counted(), { json: changeObject, text: changeLine }, summary)
      if (!call.reporter.json && !call.reporter.quiet) {
        call.output.sentence(
          `backup ${from.number} to ${to.number}: ${showCount(counts.new)} new, ${showCount(counts.changed)} changed, ` +
            `${showCount(counts.moved)} moved, ${showCount(counts.deleted)} deleted, ` +
            `${showCount(counts.metadata)} with other metadata`,
        )
        await call.output.flush()
      }
      return status
    }),
}

const marks: Readonly<Record<ChangeKind, string>> = {
  new: '+',
  changed: 'M',
  moved: '>',
  deleted: '-',
  metadata: 'U',
}

function changeLine({ kind, path, origin, after, before }: Change): string {
  const folder = (after ?? before)?.type === 'dir' ? '/' : ''
  const from = origin === undefined ? '' : `${showPath(origin)} -> `
  return `${marks[kind]} ${from}${showPath(path)}${folder}`
}

const changeObject = ({ kind, path, origin, before, after }: Change): Typed<ChangeObject> => ({
  type: 'change',
  change: kind,
  path,
  ...(origin === undefined ? {} : { origin }),
  before: sideObject(before),
  after: sideObject(after),
})

const sideObject = (side: Change['before']): SideObject | null =>
  side === undefined ? null : { kind: side.type, size: side.size, mtime: isoNanoseconds(side.mtime) }
