import type { ImageBytes } from './image-bytes.ts'
import type { StoredBytes } from './stored-parts.ts'

/** A file that is not compressed, whole or in parts. */
export class PlainFile implements ImageBytes {
  readonly compressed: null | 'zip'
  readonly storedBytes: number
  readonly #stored: StoredBytes
  readonly #signal: AbortSignal | undefined

  constructor(
    stored: StoredBytes,
    signal: AbortSignal | undefined,
    shown: { readonly compressed: null | 'zip'; readonly storedBytes: number } = {
      compressed: null,
      storedBytes: stored.size,
    },
  ) {
    this.#stored = stored
    this.compressed = shown.compressed
    this.storedBytes = shown.storedBytes
    this.#signal = signal
  }

  get size(): number {
    return this.#stored.size
  }

  get files(): readonly string[] {
    return this.#stored.files
  }

  stream(signal = this.#signal): AsyncIterable<Uint8Array> {
    return this.#stored.stream(signal)
  }

  async prepare(): Promise<void> {}

  async readAt(offset: number, into: Uint8Array): Promise<number> {
    return this.#stored.readSync(offset, into)
  }

  readonly readAtSync = (offset: number, into: Uint8Array): number => this.#stored.readSync(offset, into)

  async close(): Promise<void> {
    this.#stored.close()
  }
}
