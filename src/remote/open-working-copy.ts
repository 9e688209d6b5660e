/** Opens the local destination of a set in a store, and lets it go after the run. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'
import { silent } from '../events.ts'
import { writeDurably } from '../files/durable.ts'
import { takeLock } from '../files/lock.ts'
import { journalFolder, workFolder } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { isStub } from '../media/away-files.ts'
import { openStore } from '../store/open-store.ts'
import { type StoreLock, takeStoreLock } from '../store/store-lock.ts'
import type { Store, StoredFile } from '../store/store.ts'
import { cacheFolder, idOfPlace } from './cache-folder.ts'
import { layOut } from './lay-out.ts'
import { chunkAt, filesOfSet, isJournal, tellsDisc } from './listing.ts'
import { newWord, readLocalState, writeLocalState } from './local-state.ts'
import { isRclonePlace, showPlace } from '../store/rclone-place.ts'
import { RemoteFiles } from './remote-files.ts'
import { type AttachOptions, defaultStagingBytes } from './remote-options.ts'
import { readSetRecord, type SetRecord, setRecordPath, writeSetRecord } from './set-record.ts'
import { shownError, shownReport, shownValue } from './shown.ts'
import { SmallFileCache } from './small-file-cache.ts'
import { storeOptions } from './store-options.ts'
import { newFolder, setFolder, WorkingCopy } from './working-copy.ts'

interface DestinationOptions extends AttachOptions {
  readonly destination: string
}

/**
 * Does `work` at a destination. One in a store becomes a local folder, under a lock in the store; texts come
 * out with the destination as the user named it. Throws `locked`, `program`, errors of the store, `io`,
 * `no-space`.
 */
export async function atDestination<Options extends DestinationOptions, Result>(
  options: Options,
  work: (options: Options) => Promise<Result>,
): Promise<Result> {
  const { destination: place } = options
  if (!isRclonePlace(place)) return work(options)
  const store = await openStore(place, storeOptions(options))
  try {
    const { report, signal } = options
    const lock = await takeStoreLock(store, { ...(report ? { report } : {}), signal })
    try {
      return await inWorkingCopy(store, lock, options, work)
    } finally {
      await lock.release()
    }
  } finally {
    await store.close()
  }
}

async function inWorkingCopy<Options extends DestinationOptions, Result>(
  store: Store,
  lock: StoreLock,
  options: Options,
  work: (options: Options) => Promise<Result>,
): Promise<Result> {
  const copy = await openWorkingCopy(store, lock, filesOfSet(lock.files), options)
  try {
    const report = shownReport(options.report ?? silent, copy.shown)
    const result = await work({ ...options, destination: copy.folder, report })
    return shownValue(result, copy.shown)
  } catch (error) {
    await copy.forgetUnused()
    throw shownError(error, copy.shown)
  } finally {
    await copy.close()
  }
}

async function openWorkingCopy(
  store: Store,
  lock: StoreLock,
  files: readonly StoredFile[],
  options: DestinationOptions,
): Promise<WorkingCopy> {
  const { destination: place, signal } = options
  const hasRecord = files.some((file) => file.path === setRecordPath)
  const record = hasRecord ? await readSetRecord(store, signal) : undefined
  const set = record?.set ?? (files.length === 0 ? newWord() : idOfPlace(place))
  const state = cacheFolder(set, place)
  const unlock = lockState(state, place)
  try {
    return await layOutCopy({ set, record, state, unlock }, store, lock, files, options)
  } catch (error) {
    unlock()
    throw error
  }
}

/** A run whose lock in the store is lost may still write here. Throws `locked`. */
function lockState(state: string, place: string): () => void {
  try {
    return takeLock(state)
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code !== 'locked') throw error
    const message = error.message.replace(path.dirname(state), showPlace(place))
    throw new ButcherError('locked', message, error.hint === undefined ? {} : { hint: error.hint })
  }
}

interface State {
  readonly set: string
  readonly record: SetRecord | undefined
  /** The folder in the cache. */
  readonly state: string
  readonly unlock: () => void
}

async function layOutCopy(
  { set, record, state, unlock }: State,
  store: Store,
  lock: StoreLock,
  files: readonly StoredFile[],
  { destination: place, store: use, signal }: DestinationOptions,
): Promise<WorkingCopy> {
  const stagingBytes = use?.stagingBytes ?? defaultStagingBytes
  const local = readLocalState(state)
  // Nobody has written to the store since: then the chunks that are still here go on.
  const isOurs = record !== undefined && local.writers.includes(record.writer)
  const sums = isOurs ? local.sums : {}
  const writer = newWord()
  const writers = isOurs ? [record.writer, writer] : [writer]
  const folder = setFolder(state)
  try {
    fs.rmSync(newFolder(state), { recursive: true, force: true })
    if (!isOurs) fs.rmSync(folder, { recursive: true, force: true })
    for (const made of [newFolder(state), path.join(folder, workFolder, journalFolder)])
      fs.mkdirSync(made, { recursive: true, mode: 0o700 })
    // The sums are true again when everything is sent: a run that is cut off has sent some of it.
    writeLocalState(state, newFolder(state), { writers, sums: {} })
  } catch (error) {
    throw asButcherError(error, 'cannot write to the cache', showPath(state))
  }
  writeDurably(newFolder(state), path.join(folder, setRecordPath), JSON.stringify({ set, writer }))
  const roomBytes = stagingBytes
  const remote = new RemoteFiles({ store, folder, newFolder: newFolder(state), roomBytes, signal })
  await layOut(files, {
    folder,
    newFolder: newFolder(state),
    cache: new SmallFileCache(state, (stored, bytes, into) => remote.fetchInto(stored, bytes, into)),
    isWanted: (name) => tellsDisc(name) || isJournal(name),
    stays,
  })
  dropLostStubs(folder, new Set(files.map((file) => file.path)))
  const known = new Map(files.map((file) => [file.path, file.bytes]))
  const ready = writeSetRecord(store, { set, writer }, newFolder(state), signal)
  ready.catch(() => {}) // the first upload waits for it
  return new WorkingCopy({
    place, store, lock, state, remote, known, writer, ready, unlock, stagingBytes, signal,
    sums: new Map(Object.entries(sums)),
  }) // prettier-ignore
}

/** A file of an earlier run stays, but for a chunk that is in the store by now. */
function stays(file: StoredFile, place: string): boolean {
  const bytes = fs.statSync(place, { throwIfNoEntry: false })?.size
  if (bytes === undefined) return false
  if (isStub(place)) return bytes === file.bytes && chunkAt(file.path) !== undefined
  return chunkAt(file.path) === undefined || bytes !== file.bytes
}

/** A stub of a file that the store has lost would hide the loss. */
function dropLostStubs(folder: string, known: ReadonlySet<string>): void {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isFile() && isStub(file) && !known.has(path.relative(folder, file))) fs.unlinkSync(file)
  }
}
