import type { BackupObject } from './json-backup-rows.ts'
import type { Typed } from './json-rows.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import { log, type LoggedBackup } from '../commands/catalog/log.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { showMilliseconds } from '../format/time-text.ts'
import type { Command } from './command.ts'
import { readingOptions } from './options.ts'
import { fromPositional, printRows, withCatalog } from './reading.ts'
import { showCount, showCounted, showZonedTime } from './show.ts'
import { textTable } from './text-table.ts'

export const logCommand: Command = {
  name: 'log',
  positionals: [fromPositional],
  options: ['forgotten', ...readingOptions],
  examples: [['butcher log /srv/discs', 'the backups of a set, oldest first']],
  notes: ['The column discs names the discs that received chunks of this backup.'],
  run: (call) =>
    withCatalog(call, 'as-read', ({ db }) => {
      const backups = log(db)
      const lines = logTable(backups, call.output.tableWidth)
      if (!call.reporter.json) call.output.line(lines[0] as string)
      const format = {
        json: backupObject,
        text: (backup: LoggedBackup) => lines[backups.indexOf(backup) + 1] as string,
      }
      return printRows(call, backups, format, () => ({ backups: backups.length }))
    }),
}

function logTable(backups: readonly LoggedBackup[], width: number | undefined): string[] {
  const rows = backups.map((backup) => [
    String(backup.backup),
    showZonedTime(backup.started),
    backup.files === null ? '-' : showCount(backup.files),
    backup.bytes === null ? '-' : showSize(backup.bytes),
    showSize(backup.bytesStored),
    backup.discs.length === 0 ? '-' : showNumbers(backup.discs),
    remarks(backup),
  ])
  const header = ['backup', 'date', 'files', 'bytes', 'added', 'discs', 'name']
  return textTable([header, ...rows], { right: [0, 2, 3, 4], optional: [4, 2], width })
}

const remarks = ({ name, finished, problems, forgotten, pinned }: LoggedBackup): string =>
  [
    name === null ? undefined : showPath(name),
    finished === null ? '(not complete)' : undefined,
    pinned ? '(pinned)' : undefined,
    forgotten === null ? undefined : '(forgotten)',
    problems === 0 ? undefined : `(${showCounted(problems, 'problem')})`,
  ]
    .filter((remark) => remark !== undefined)
    .join(' ')

const backupObject = (backup: LoggedBackup): Typed<BackupObject> => ({
  type: 'backup',
  backup: backup.backup,
  name: backup.name,
  started: showMilliseconds(backup.started),
  finished: backup.finished === null ? null : showMilliseconds(backup.finished),
  complete: backup.finished !== null,
  files: backup.files,
  bytes: backup.bytes,
  chunks: backup.chunks,
  bytes_stored: backup.bytesStored,
  discs: backup.discs,
  problems: backup.problems,
  forgotten: backup.forgotten === null ? null : showMilliseconds(backup.forgotten),
  pinned: backup.pinned,
})
