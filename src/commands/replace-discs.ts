/** `butcher backup --replace-disc`: what only lost discs hold is stored again, as far as the source has it. */

import fs from 'node:fs'
import path from 'node:path'
import { findBroken, lostCounts, lostVersions } from '../catalog/broken-contents.ts'
import { discRows } from '../catalog/set-rows.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { ButcherError } from '../errors.ts'
import { discFolder, discImage } from '../format/layout.ts'
import { pathFromCatalog, showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import type { BackupRun } from './backup-run.ts'
import type { Destination } from './destination.ts'
import { lose } from './note-discs.ts'

/** Records that the discs are lost. Throws `usage` of a disc that there is not, or that is in the destination. */
export function loseDiscs(db: Catalog, destination: Destination, discs: readonly number[]): void {
  for (const disc of discs) {
    if (!discRows(db).some(({ number }) => number === disc))
      throw new ButcherError('usage', `there is no disc ${disc}`)
    const staged = [discFolder(disc), discImage(disc)].map((name) => path.join(destination.folder, name))
    const there = staged.find((name) => fs.existsSync(name))
    if (there !== undefined) {
      throw new ButcherError('usage', `disc ${disc} is not lost: ${showPath(there)} is there`, {
        path: there,
        hint: 'burn it again; or remove it, if it is of no use',
      })
    }
    lose(db, disc)
  }
}

/** Finds the contents on lost discs, on which nothing that is backed up from now on may rely. */
export function findLost({ set: { db }, options }: Pick<BackupRun, 'set' | 'options'>): void {
  const gone = discRows(db).flatMap(({ number, state }) => (state === 'lost' ? [number] : []))
  findBroken(db, gone, options.replaceDiscs ?? [])
}

/** So many are named. */
const toldPaths = 20

/** Tells what of the replaced discs is lost for good. */
export function tellLost(run: BackupRun): { readonly filesLost?: number; readonly bytesLost?: number } {
  const { set, report, options } = run
  const discs = options.replaceDiscs ?? []
  if (discs.length === 0) return {}
  findLost(run)
  const { files, bytes } = lostCounts(set.db).all
  let told = 0
  for (const { path: name, first, last, size } of lostVersions(set.db)) {
    if (told++ === toldPaths) break
    const backups =
      last === first ? `backup ${first}` : last === null ? `backup ${first} on` : `backups ${first}-${last}`
    const message = `of ${backups} (${showSize(size)}) is lost with its disc: the source does not have it any more`
    report({ type: 'warning', kind: 'other', path: pathFromCatalog(name), message })
  }
  if (files > toldPaths) {
    const all = `butcher discs --if-lost ${discs.join(',')} --all names them`
    report({ type: 'warning', kind: 'other', message: `and ${files - toldPaths} more are lost: ${all}` })
  }
  return { filesLost: files, bytesLost: bytes }
}
