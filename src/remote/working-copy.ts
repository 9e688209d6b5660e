/**
 * The local destination of a set in a store, for one run that writes: the catalog, the journal and the small
 * files in full, a stub for each chunk that is in the store, and the chunks that are not there yet.
 */

import fs from 'node:fs'
import path from 'node:path'
import { chunkRows } from '../catalog/set-rows.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import type { Report } from '../events.ts'
import { journalFolder, workFolder } from '../format/layout.ts'
import { isStub, lendFiles } from '../media/away-files.ts'
import type { StoreLock } from '../store/store-lock.ts'
import type { Store } from '../store/store.ts'
import { chunkAt, pathOfChunk } from './listing.ts'
import { writeLocalState } from './local-state.ts'
import { Outbox } from './outbox.ts'
import { pushSet } from './push-set.ts'
import type { RemoteFiles } from './remote-files.ts'
import { setRecordPath } from './set-record.ts'
import { type Shown, shownAs } from './shown.ts'
import { type Uploaded, Uploads } from './uploads.ts'

const open = new Map<string, WorkingCopy>()

/** The working copy of this run in that folder, if the destination is in a store. */
export const workingCopyAt = (folder: string): WorkingCopy | undefined => open.get(folder)

export interface WorkingCopyParts {
  readonly place: string
  readonly store: Store
  readonly lock: StoreLock
  /** The local state of the set, with `set/`, the destination, and `new/`. */
  readonly state: string
  /** The files of the store: their bytes by path. */
  readonly known: Map<string, number>
  readonly sums: Map<string, string>
  readonly remote: RemoteFiles
  /** The word of this run. */
  readonly writer: string
  /** The store has this word. */
  readonly ready: Promise<void>
  /** Lets another run use the local state. */
  readonly unlock: () => void
  readonly stagingBytes: number
  readonly signal: AbortSignal | undefined
}

export const setFolder = (state: string): string => path.join(state, 'set')
export const newFolder = (state: string): string => path.join(state, 'new')

export class WorkingCopy {
  /** A destination for every verb that writes. */
  readonly folder: string
  /** Texts about it, as the user named the set. */
  readonly shown: Shown
  /** The most bytes of chunks that may be here. */
  readonly stagingBytes: number
  readonly store: Store
  readonly outbox: Outbox
  readonly #parts: WorkingCopyParts
  readonly #uploads: Uploads
  readonly #takeBack: () => void

  constructor(parts: WorkingCopyParts) {
    const { place, state, store, lock, known, sums, remote, stagingBytes, signal, ready } = parts
    const folder = setFolder(state)
    this.#parts = parts
    this.folder = folder
    this.store = store
    this.shown = shownAs([[folder, place]])
    this.stagingBytes = stagingBytes
    this.#uploads = new Uploads({ store, lock, folder, known, sums, signal, ready })
    const roomBytes = stagingBytes
    this.outbox = new Outbox({ folder, newFolder: newFolder(state), uploads: this.#uploads, roomBytes })
    this.#takeBack = lendFiles(folder, remote)
    open.set(folder, this)
  }

  /** The uploads of this run. */
  get uploaded(): Uploaded {
    return this.#uploads.done
  }

  /**
   * Sends the chunks that an interrupted run left here, and removes those of the store that no catalog and no
   * journal knows: their numbers are used again.
   */
  async begin(db: Catalog): Promise<void> {
    await this.#removeUnknown(db)
    for (const row of chunkRows(db)) {
      const file = path.join(this.folder, pathOfChunk(row))
      if (fs.existsSync(file) && !isStub(file)) this.outbox.add(row)
    }
  }

  /** Waits until the chunks that are here are in the store. */
  async sendChunks(report: Report): Promise<void> {
    const totalBytes = this.outbox.bytes
    if (totalBytes > 0) report({ type: 'stage', stage: 'upload', totalBytes })
    const tell = setInterval(
      () =>
        report({
          type: 'progress',
          stage: 'upload',
          bytes: totalBytes - this.outbox.bytes,
          files: 0,
          totalBytes,
        }),
      500,
    ).unref()
    try {
      await this.outbox.empty()
    } finally {
      clearInterval(tell)
    }
  }

  /**
   * Brings the store up to the local state: chunks, then the catalog, then the small files of the discs. Then
   * removes from the store the journal and the chunks that the catalog does not know.
   */
  async push(db: Catalog, report: Report): Promise<void> {
    await this.sendChunks(report)
    await pushSet({ folder: this.folder, db, uploads: this.#uploads })
    await this.#removeUnknown(db)
    this.#record()
  }

  /** Lets the place go. Uploads that are running are waited for. */
  async close(): Promise<void> {
    open.delete(this.folder)
    this.#takeBack()
    await this.outbox.stop()
    await this.#parts.ready.catch(() => {}) // an upload has told it
    fs.rmSync(newFolder(this.#parts.state), { recursive: true, force: true })
    this.#parts.unlock()
  }

  /** Leaves nothing of a set that was not begun. */
  async forgetUnused(): Promise<void> {
    const { state, store, ready } = this.#parts
    await ready.catch(() => {}) // it was told already
    const isUnused = [...this.#uploads.known.keys()].every((name) => name === setRecordPath)
    if (!isUnused || hasChunks(this.folder)) return
    await store.remove(setRecordPath).catch(() => {}) // it does no harm
    fs.rmSync(state, { recursive: true, force: true })
  }

  async #removeUnknown(db: Catalog): Promise<void> {
    const rows = new Set(chunkRows(db).map(pathOfChunk))
    for (const name of this.#uploads.known.keys())
      if (chunkAt(name) !== undefined && !rows.has(name)) await this.#uploads.remove(name)
  }

  /** What is in the store need not be sent again. */
  #record(): void {
    const { state, writer } = this.#parts
    const sums = Object.fromEntries(this.#uploads.sums)
    writeLocalState(state, newFolder(state), { writers: [writer], sums })
  }
}

/** Whether a run has stored something here. */
const hasChunks = (folder: string): boolean =>
  fs.readdirSync(path.join(folder, workFolder, journalFolder)).length > 0
