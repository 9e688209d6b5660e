import os from 'node:os'
import path from 'node:path'
import type { Report } from '../events.ts'
import { xdgFolder } from '../files/xdg-folder.ts'
import type { Compressed, ImageBytes, OpenBytesOptions, RandomAccess, Wrapping } from './image-bytes.ts'
import { makeRandomAccess } from './random-access.ts'
import type { StoredBytes } from './stored-parts.ts'
import { ofFile, unwrap } from './unwrap.ts'

/** A compressed file, whole or in parts. */
export class WrappedFile implements ImageBytes {
  readonly compressed: Wrapping
  readonly storedBytes: number
  readonly #kind: Compressed
  readonly #stored: StoredBytes
  readonly #options: OpenBytesOptions & { readonly report: Report }
  #prepared: Promise<RandomAccess> | undefined
  #access: RandomAccess | undefined
  #isClosed = false

  constructor(
    stored: StoredBytes,
    kind: Compressed,
    options: OpenBytesOptions & { readonly report: Report },
    /** What the user sees, where it is not the data that is decompressed. */
    shown: { readonly compressed: Wrapping; readonly storedBytes: number } = {
      compressed: kind,
      storedBytes: stored.size,
    },
  ) {
    this.#stored = stored
    this.#kind = kind
    this.compressed = shown.compressed
    this.storedBytes = shown.storedBytes
    this.#options = options
  }

  get size(): number | undefined {
    return this.#access?.size
  }

  get files(): readonly string[] {
    return this.#stored.files
  }

  get #name(): string {
    return this.#stored.files[0] as string
  }

  stream(signal = this.#options.signal): AsyncIterable<Uint8Array> {
    return unwrap(this.#stored.stream(signal), this.#kind, {
      name: this.#name,
      signal,
      threads: os.availableParallelism(),
    })
  }

  async prepare(): Promise<void> {
    await this.#prepare()
  }

  async #prepare(): Promise<RandomAccess> {
    this.#prepared ??= this.#make()
    return this.#prepared
  }

  async #make(): Promise<RandomAccess> {
    const { cacheDir = defaultCacheDir(), signal, report } = this.#options
    try {
      const access = await makeRandomAccess(this.#stored, this.#kind, {
        name: this.#name,
        cacheDir,
        signal,
        report,
      })
      if (this.#isClosed) access.close()
      else this.#access = access
      return access
    } catch (error) {
      throw ofFile(error, this.#name)
    }
  }

  async readAt(offset: number, into: Uint8Array): Promise<number> {
    const access = await this.#prepare()
    return this.#read(access, offset, into)
  }

  get readAtSync(): ((offset: number, into: Uint8Array) => number) | undefined {
    const access = this.#access
    return access && ((offset, into) => this.#read(access, offset, into))
  }

  #read(access: RandomAccess, offset: number, into: Uint8Array): number {
    try {
      return access.readAtSync(offset, into)
    } catch (error) {
      throw ofFile(error, this.#name)
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#prepared?.catch(() => {})
    this.#access?.close()
    this.#access = undefined
    this.#stored.close()
  }
}

const defaultCacheDir = (): string => path.join(xdgFolder('XDG_CACHE_HOME'), 'butcher', 'images')
