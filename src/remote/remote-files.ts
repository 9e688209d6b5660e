/** The files of a set in a store, lent to the readers of a folder of stubs. */

import fs from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { asButcherError, ButcherError } from '../errors.ts'
import { removeQuietly } from '../files/durable.ts'
import { showPath } from '../format/path-text.ts'
import { type AwayFiles, isStub, putStub } from '../media/away-files.ts'
import type { Store } from '../store/store.ts'
import { RangeCache } from './range-cache.ts'

export interface RemoteFilesOptions {
  readonly store: Store
  /** The folder of stubs. */
  readonly folder: string
  /** For files on their way, on the same file system. */
  readonly newFolder: string
  /** Room for files that are held, in bytes. One larger file is held all the same. */
  readonly roomBytes: number
  readonly signal: AbortSignal | undefined
}

interface Held {
  users: number
  readonly bytes: number
  readonly here: Promise<void>
}

/** Files that are fetched side by side: one alone waits for the answers of the store. */
const transfers = 3

export class RemoteFiles implements AwayFiles {
  readonly #options: RemoteFilesOptions
  readonly #ranges: RangeCache
  readonly #held = new Map<string, Held>()
  readonly #expected: string[] = []
  #usedBytes = 0
  #running = 0
  #number = 0

  constructor(options: RemoteFilesOptions) {
    this.#options = options
    this.#ranges = new RangeCache(options.store)
  }

  async *bytes(file: string, mostBytes = Infinity): AsyncGenerator<Buffer> {
    const { store, signal } = this.#options
    const expected = Math.min(mostBytes, fs.statSync(file).size)
    const range = mostBytes === Infinity ? {} : { length: expected }
    let bytes = 0
    for await (const piece of store.get(this.#pathOf(file), { ...range, ...(signal ? { signal } : {}) })) {
      bytes += (piece as Buffer).length
      yield piece as Buffer
    }
    if (bytes !== expected) throw this.#endedEarly(file, bytes, expected)
  }

  readAt(file: string, buffer: Uint8Array, offset: number): Promise<number> {
    return this.#ranges.readAt(this.#pathOf(file), fs.statSync(file).size, buffer, offset)
  }

  async hold(file: string, signal?: AbortSignal): Promise<() => void> {
    let held = this.#held.get(file)
    if (held === undefined) {
      if (!isStub(file)) return () => {}
      held = this.#begin(file, signal)
    }
    held.users++
    let isOver = false
    const release = (): void => {
      if (!isOver) this.#release(file, held)
      isOver = true
    }
    try {
      await held.here
      return release
    } catch (error) {
      release()
      throw error
    }
  }

  expect(files: readonly string[]): void {
    this.#expected.push(...files.filter((file) => !this.#held.has(file)))
    this.#fetchAhead()
  }

  #fetchAhead(): void {
    while (this.#running < transfers) {
      const [file] = this.#expected
      if (file === undefined) return
      const bytes = fs.statSync(file, { throwIfNoEntry: false })?.size
      if (bytes !== undefined && this.#usedBytes + bytes > this.#options.roomBytes) return
      this.#expected.shift()
      if (bytes !== undefined && !this.#held.has(file) && isStub(file)) this.#begin(file, undefined)
    }
  }

  #begin(file: string, signal: AbortSignal | undefined): Held {
    const bytes = fs.statSync(file).size
    const here = this.#fetch(file, bytes, signal)
    here.catch(() => {}) // whoever holds it hears of it
    const held: Held = { users: 0, bytes, here }
    const index = this.#expected.indexOf(file)
    if (index >= 0) this.#expected.splice(index, 1)
    this.#held.set(file, held)
    this.#usedBytes += bytes
    return held
  }

  async #fetch(file: string, bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const { newFolder } = this.#options
    const temporary = path.join(newFolder, `fetched-${this.#number++}`)
    this.#running++
    try {
      await this.fetchInto(this.#pathOf(file), bytes, temporary, signal)
      fs.renameSync(temporary, file)
    } catch (error) {
      removeQuietly(temporary)
      throw error
    } finally {
      this.#running--
      queueMicrotask(() => this.#fetchAhead())
    }
  }

  /** Writes a file of the store to the new file `into`, unsynced. Throws errors of the store, and `io`. */
  async fetchInto(stored: string, bytes: number, into: string, given?: AbortSignal): Promise<void> {
    const { store, signal = given } = this.#options
    const output = fs.createWriteStream(into, { mode: 0o600 })
    try {
      await pipeline(store.get(stored, signal ? { signal } : {}), output)
    } catch (error) {
      throw asButcherError(error, `cannot fetch ${showPath(stored)} from`, store.name)
    }
    if (output.bytesWritten !== bytes) throw this.#endedEarly(stored, output.bytesWritten, bytes)
  }

  #endedEarly(file: string, bytes: number, expected: number): ButcherError {
    const { store } = this.#options
    return new ButcherError(
      'io',
      `${store.name} gave ${bytes} of ${expected} bytes of ${showPath(path.basename(file))}`,
      { path: store.name, hint: 'run the same command again' },
    )
  }

  #release(file: string, held: Held): void {
    if (--held.users > 0) return
    this.#held.delete(file)
    this.#usedBytes -= held.bytes
    try {
      if (!isStub(file))
        putStub(path.join(this.#options.newFolder, `stub-${this.#number++}`), file, held.bytes)
    } catch {
      // The file stays until the folder is removed.
    }
    this.#fetchAhead()
  }

  #pathOf(file: string): string {
    return path.relative(this.#options.folder, file)
  }
}
