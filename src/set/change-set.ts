/** Changes the catalog of a destination outside of a backup: the states of its discs. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { refuseUnfinished } from '../catalog/unfinished-set.ts'
import { type Catalog, getMeta } from '../catalog/working-catalog.ts'
import { openSecrets } from '../crypto/private-key.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { silent } from '../events.ts'
import { takeLock } from '../files/lock.ts'
import { checksumFile, chunkFolder } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { atDestination } from '../remote/open-working-copy.ts'
import type { StoreUser } from '../remote/remote-options.ts'
import { workingCopyAt } from '../remote/working-copy.ts'
import { optionsFromFields } from '../format/set-options.ts'
import { fitStagedDiscs } from './fit-staged-discs.ts'
import { finishSet } from './finish-set.ts'
import { clearLeftovers } from './journal.ts'
import { inspectDestination, prepareDestination, type WorkFolders } from './destination.ts'
import { type OpenSet, openSet, type OpenSetOptions } from './open-set.ts'
import { writeCatalog } from './write-catalog.ts'

export interface ChangeSetOptions extends Secrets, Omit<OpenedOptions, 'secrets'> {}

/** For a verb that has opened its secrets. */
interface OpenedOptions extends Omit<OpenSetOptions, 'addsNothing'> {
  readonly destination: string
  readonly jobs?: number
}

export interface ChangingSet {
  readonly set: OpenSet
  /** Absolute. */
  readonly destination: string
  readonly folders: WorkFolders
  /** Removes what a stopped run left, before new chunks are written. */
  readonly clear: () => Promise<void>
  /** Writes the catalog as it is now, so that work done so far is safe. */
  readonly save: () => Promise<void>
  /** The same, and brings the discs in the destination up to date: catalog, README.txt, parity and so on. */
  readonly stage: () => Promise<void>
}

/** Throws `destination` for a disc or a catalog file: later runs would not see a record there. */
function placeOf(given: string): string {
  const folder = path.resolve(given)
  const isDisc = [checksumFile, chunkFolder].some((name) => fs.existsSync(path.join(folder, name)))
  if (!isDisc && !fs.statSync(folder, { throwIfNoEntry: false })?.isFile()) return folder
  throw new ButcherError(
    'destination',
    `${showPath(given)} is ${isDisc ? 'a disc' : 'a file'}: what becomes of discs is recorded in the destination of the backups`,
    { path: folder, hint: 'give the folder that butcher backup writes to' },
  )
}

/**
 * Opens the set in a destination under its lock, lets `change` edit its catalog, and writes it. The journal
 * of an interrupted backup stays, for the backup that resumes it. Throws `no-set` if the destination has
 * none, `secret`, `locked`, `io`, `no-space`. After an error, the destination has the catalog that was last
 * saved.
 */
export async function changeSet<Result>(
  options: ChangeSetOptions & StoreUser,
  change: (changing: ChangingSet) => Promise<Result> | Result,
): Promise<Result> {
  const secrets = await openSecrets(options, options.report)
  return changeOpenedSet({ ...options, secrets }, change)
}

/** `changeSet` with opened secrets. */
export function changeOpenedSet<Result>(
  options: OpenedOptions & StoreUser,
  change: (changing: ChangingSet) => Promise<Result> | Result,
): Promise<Result> {
  return atDestination(options, (here) => changeHere(here, change))
}

async function changeHere<Result>(
  options: OpenedOptions,
  change: (changing: ChangingSet) => Promise<Result> | Result,
): Promise<Result> {
  const destination = inspectDestination(placeOf(options.destination))
  if (destination.catalog === undefined) {
    refuseUnfinished(destination.folder)
    throw new ButcherError('no-set', `no catalog in ${showPath(destination.folder)}`, {
      path: destination.folder,
      hint: 'give the destination of the backups, where their catalog is',
    })
  }
  const folders = prepareDestination(destination.folder)
  let unlock: (() => void) | undefined
  try {
    unlock = takeLock(folders.work)
    const { hasWorkFolder } = destination
    const locked = { ...inspectDestination(destination.folder), hasWorkFolder }
    const set = await openSet(locked, { ...options, addsNothing: true })
    try {
      const leftovers = await fitStagedDiscs({
        db: set.db,
        destination: locked,
        options,
        tempDir: set.tempDir,
      })
      const jobs = options.jobs ?? os.availableParallelism()
      const copy = workingCopyAt(destination.folder)
      const save = async (): Promise<void> => {
        await writeCatalog({ set, destination: destination.folder, stagingDir: folders.stagingDir, jobs })
        await copy?.push(set.db, options.report ?? silent)
      }
      let isStaged = false
      let isCleared = false
      const clear = async (): Promise<void> => {
        if (isCleared) return
        clearLeftovers(set.db, locked, leftovers, folders.stagingDir)
        await copy?.begin(set.db)
        isCleared = true
      }
      const stage = async (): Promise<void> => {
        await clear()
        const { report = silent, signal } = options
        const { stagingDir, journal: journalFolder } = folders
        const indexPage = hasIndexPage(set.db)
        await finishSet({
          set,
          destination: destination.folder,
          stagingDir,
          journalFolder,
          jobs,
          report,
          signal,
          indexPage,
        })
        await copy?.push(set.db, report)
        isStaged = true
      }
      const result = await change({ set, destination: destination.folder, folders, clear, save, stage })
      if (!isStaged) await save()
      return result
    } finally {
      set.close()
    }
  } catch (error) {
    unlock?.()
    unlock = undefined
    folders.removeEmpty()
    throw error
  } finally {
    unlock?.()
  }
}

/** Whether the options of the newest backup want an index.html on discs. */
function hasIndexPage(db: Catalog): boolean {
  const options = getMeta(db, 'options')
  return options === undefined || optionsFromFields(JSON.parse(options) as object).indexPage
}
