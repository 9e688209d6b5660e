/** `--salvage`: saves the readable bytes of damaged contents under a name that says so. */

import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { damagedSuffix } from '../format/layout.ts'
import { pathFromCatalog, showPath } from '../format/path-text.ts'
import type { Metadata } from './metadata.ts'
import { NotRestored } from './not-restored.ts'
import { type MadeFile, placeFile, type Placing } from './install-file.ts'
import { FolderCheck } from './safe-path.ts'
import type { StandingNames } from './standing-names.ts'
import type { RestoreReport } from './restore-report.ts'

const fileOf = (placing: Placing, content: number): string =>
  path.join(placing.workFolder, `salvage-${content}`)

/**
 * Keeps the written bytes of a whole content that is wrong or cut off. The longest of several tries stays.
 */
export function keepForSalvage(placing: Placing, content: number, made: string): void {
  const kept = fileOf(placing, content)
  const before = fs.statSync(kept, { throwIfNoEntry: false })?.size ?? 0
  if (fs.statSync(made).size > before) fs.renameSync(made, kept)
  else fs.rmSync(made, { force: true })
}

interface LostTarget extends Metadata {
  readonly path: string | Uint8Array
  readonly content: number
  readonly size: number
  readonly parts: number
}

/**
 * Installs the saved bytes of lost contents beside their paths. In a file in parts, a missing part is zeros.
 */
export function placeSalvaged(
  plan: Database.Database,
  placing: Placing,
  names: StandingNames,
  report: RestoreReport,
): void {
  const folders = new FolderCheck(placing.destination)
  const targets = plan.prepare(
    `SELECT t.path, t.mode, t.seconds, t.nanoseconds, o.uid, o.gid, a.data AS attributes, t.content, c.size,
      c.parts
    FROM temp.lost l JOIN target t ON t.content = l.content JOIN content c ON c.id = t.content
    JOIN owner o ON o.id = t.owner LEFT JOIN attribute a ON a.id = t.attributes
    WHERE t.settled = 0 ORDER BY t.content, t.path`,
  )
  for (const target of targets.iterate() as Iterable<LostTarget>) {
    const found = salvagedOf(placing, target)
    if (found === undefined) continue
    const name = `${pathFromCatalog(target.path)}${damagedSuffix}`
    const copy = path.join(placing.workFolder, 'salvaged')
    fs.copyFileSync(found, copy, fs.constants.COPYFILE_FICLONE)
    const made: MadeFile = { path: copy, descriptor: fs.openSync(copy, 'r+') }
    try {
      const { size } = fs.fstatSync(made.descriptor)
      report.missed(name, placeFile(placing, folders, made, name, target, names.has(name)))
      report.salvaged(name, size, target.size)
    } catch (error) {
      if (!(error instanceof NotRestored)) throw error
      fs.rmSync(copy, { force: true })
      // The path itself was already reported and counted as not restored.
      report.warn(`not salvaged: ${showPath(name)}: ${error.message}`)
    } finally {
      fs.closeSync(made.descriptor)
    }
  }
}

function salvagedOf(placing: Placing, { content, size, parts }: LostTarget): string | undefined {
  const whole = fileOf(placing, content)
  if (fs.existsSync(whole)) return whole
  const gathered = path.join(placing.workFolder, `content-${content}`)
  if (parts === 1 || !fs.existsSync(gathered)) return undefined
  if (fs.statSync(gathered).size !== size) fs.truncateSync(gathered, size)
  return gathered
}
