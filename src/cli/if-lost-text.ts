/** The cost of a loss of discs, as lines and as objects. */

import type { DiscLoss, LossReport, LostPath } from '../commands/catalog/if-lost.ts'
import { exitStatus, throwIfAborted } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { flag } from './arguments.ts'
import type { Call } from './command.ts'
import { jsonSummary, jsonText } from './json-lines.ts'
import type { BackupLossObject, DiscLossObject, LostPathObject, Typed } from './json-rows.ts'
import { showCount, showCounted } from './show.ts'
import { textTable } from './text-table.ts'

/** So many paths are named without `--all`. */
const shownPaths = 20

export async function printLoss(call: Call, report: LossReport): Promise<number> {
  return call.reporter.json ? printObjects(call, report) : printLines(call, report)
}

async function printLines(call: Call, report: LossReport): Promise<number> {
  const print = async (line: string): Promise<void> => {
    if (!call.output.line(line)) return
    await call.output.flush()
    throwIfAborted(call.signal)
  }
  const { lost, storedTwice, backups } = report
  for (const disc of report.discs) await print(showPath(discText(disc)))
  const twice =
    storedTwice === 0
      ? ''
      : `; ${showCounted(storedTwice, 'version')} of files on these discs are also stored on other discs`
  if (lost.files === 0) {
    await print(`nothing would be lost${twice}`)
  } else {
    const rows = backups.map(({ backup, name, files, bytes }) => [
      String(backup),
      showPath(name ?? '-'),
      showCount(files),
      showSize(bytes),
    ])
    for (const line of textTable([['backup', 'name', 'files lost', 'bytes'], ...rows], { right: [0, 2, 3] }))
      await print(line)
    const all = flag(call.args, 'all')
    let shown = 0
    for (const file of report.files()) {
      if (!all && shown === shownPaths) break
      await print(`  ${fileText(file)}`)
      shown++
    }
    if (shown < lost.files) await print(`  and ${showCount(lost.files - shown)} more: --all names them`)
    await print(`lost: ${showCounted(lost.files, 'version')} of files, ${showSize(lost.bytes)}${twice}`)
  }
  await call.output.flush()
  return exitStatus.done
}

function discText({ disc, label, fate, copies, damaged, spare }: DiscLoss): string {
  const name = `disc ${disc} (${label})`
  if (fate === 'gone' && damaged.length > 0)
    return `${name}: the only copy left is damaged (${places(damaged)}), and no spare brings it back`
  if (fate === 'gone') return `${name}: there is no other copy, and no spare that brings it back`
  if (spare) {
    const discs = spare.discs.length === 1 ? 'disc' : 'discs'
    return `${name}: spare ${spare.spare} can replace it, with ${discs} ${spare.discs.join(', ')}`
  }
  return `${name}: there is another copy: ${places(copies)}`
}

const places = (copies: DiscLoss['copies']): string =>
  copies.map(({ copy, location }) => location ?? `copy ${copy}`).join('; ')

const fileText = ({ path, firstBackup, lastBackup, bytes }: LostPath): string =>
  `${showPath(path)}  ${showSize(bytes)}, ${firstBackup === lastBackup ? `backup ${firstBackup}` : `backups ${firstBackup}-${lastBackup}`}`

async function printObjects({ output, signal }: Call, report: LossReport): Promise<number> {
  const { lost, storedTwice } = report
  const print = async (
    object: Typed<DiscLossObject> | Typed<BackupLossObject> | Typed<LostPathObject>,
  ): Promise<void> => {
    if (!output.line(jsonText(object))) return
    await output.flush()
    throwIfAborted(signal)
  }
  for (const { disc, label, fate, copies, damaged, spare } of report.discs) {
    await print({ type: 'disc', disc, label, fate, copies, damaged, spare: spare ?? null })
  }
  for (const { backup, name, files, bytes } of report.backups) {
    await print({ type: 'backup', backup, name, files_lost: files, bytes_lost: bytes })
  }
  for (const { path, firstBackup, lastBackup, bytes } of report.files()) {
    await print({ type: 'loss', path, first_backup: firstBackup, last_backup: lastBackup, bytes })
  }
  output.line(jsonText(jsonSummary({ filesLost: lost.files, bytesLost: lost.bytes, storedTwice })))
  await output.flush()
  return exitStatus.done
}
