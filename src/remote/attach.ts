/**
 * Sets in stores, as folders: a place in a store becomes a folder of stubs in the cache, which every reader
 * takes. Catalogs and lists of sums are there in full; chunks come when they are read.
 */

import os from 'node:os'
import path from 'node:path'
import { silent } from '../events.ts'
import { makeTempDir } from '../files/temp-dir.ts'
import { lendFiles } from '../media/away-files.ts'
import { openStore } from '../store/open-store.ts'
import { cacheFolder, idOfPlace } from './cache-folder.ts'
import { layOut } from './lay-out.ts'
import { isJournal, listSet, tellsDisc } from './listing.ts'
import { isRclonePlace } from '../store/rclone-place.ts'
import { type AttachOptions, defaultStagingBytes } from './remote-options.ts'
import { readLocalState } from './local-state.ts'
import { RemoteFiles } from './remote-files.ts'
import { readSetRecord, setRecordPath } from './set-record.ts'
import { type Shown, shownAs, shownError, shownReport, shownValue } from './shown.ts'
import { SmallFileCache } from './small-file-cache.ts'
import { storeOptions } from './store-options.ts'
import { setFolder } from './working-copy.ts'

export interface Attached {
  /** The places, with folders for those that are in a store. */
  readonly folders: readonly string[]
  /** A text with the places as the user named them. */
  readonly shown: Shown
  /** The folder that stands for a place in a store, or for one below it. Other places stay. */
  readonly folderOf: (place: string) => string
  readonly detach: () => void
}

export interface ReadingOptions extends AttachOptions {
  /** Takes nothing from the cache: verify reads what is in the store. */
  readonly isFresh?: boolean
  /** Brings the journal of an interrupted run, for a dry run. */
  readonly withJournal?: boolean
}

/** Throws `no-set` only through the readers: a place where nothing is becomes a missing folder. */
export async function attach(places: readonly string[], options: ReadingOptions): Promise<Attached> {
  const attached: { place: string; folder: string; detach: () => void }[] = []
  const detach = (): void => attached.forEach((one) => one.detach())
  const folders: string[] = []
  try {
    for (const place of places) {
      if (!isRclonePlace(place)) {
        folders.push(place)
        continue
      }
      const one = await attachOne(place, options)
      attached.push({ place, ...one })
      folders.push(one.folder)
    }
  } catch (error) {
    detach()
    throw error
  }
  const folderOf = (given: string): string => {
    const known = attached.find(({ place }) => given === place || given.startsWith(`${place}/`))
    return known === undefined ? given : known.folder + given.slice(known.place.length)
  }
  const shown = shownAs(attached.map(({ folder, place }) => [folder, place] as const))
  return { folders, shown, folderOf, detach }
}

async function attachOne(
  place: string,
  options: ReadingOptions,
): Promise<{ readonly folder: string; readonly detach: () => void }> {
  const { signal } = options
  const store = await openStore(place, storeOptions(options))
  const close = (): void => void store.close().catch(() => {})
  try {
    const files = await listSet(store, signal)
    const hasRecord = files.some((file) => file.path === setRecordPath)
    const record = hasRecord ? await readSetRecord(store, signal) : undefined
    // Where nothing is, nothing is kept.
    const state = files.length === 0 ? os.tmpdir() : cacheFolder(record?.set ?? idOfPlace(place), place)
    const view = makeTempDir('view', state)
    try {
      // The name of a folder tells which disc it is.
      const folder = path.join(view.folder, path.basename(place.replace(/^.*:/, '')) || 'set')
      const remote = new RemoteFiles({
        store,
        folder,
        newFolder: view.folder,
        roomBytes: options.store?.stagingBytes ?? defaultStagingBytes,
        signal,
      })
      const local = readLocalState(state)
      const isOurs = record !== undefined && local.writers.includes(record.writer)
      const cache = new SmallFileCache(
        options.isFresh ? undefined : state,
        (stored, bytes, into) => remote.fetchInto(stored, bytes, into),
        isOurs && options.isFresh !== true ? { folder: setFolder(state), sums: local.sums } : undefined,
      )
      const isWanted = (name: string): boolean =>
        tellsDisc(name) || (options.withJournal === true && isJournal(name))
      await layOut(files, { folder, newFolder: view.folder, cache, isWanted })
      const takeBack = lendFiles(folder, remote)
      const detach = (): void => {
        takeBack()
        view.remove()
        close()
      }
      return { folder, detach }
    } catch (error) {
      view.remove()
      throw error
    }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * Does `work` on places: those in a store are folders for this time, and texts come out with the places as
 * the user named them.
 */
export async function fromPlaces<
  Options extends ReadingOptions & { readonly from: readonly string[] },
  Result,
>(options: Options, work: (options: Options, shown: Shown) => Promise<Result>): Promise<Result> {
  if (!options.from.some(isRclonePlace)) return work(options, (text) => text)
  const { folders, shown, detach } = await attach(options.from, options)
  try {
    const report = shownReport(options.report ?? silent, shown)
    return shownValue(await work({ ...options, from: folders, report }, shown), shown)
  } catch (error) {
    throw shownError(error, shown)
  } finally {
    detach()
  }
}
