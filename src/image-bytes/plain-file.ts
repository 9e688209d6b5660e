import type { ImageBytes } from './image-bytes.ts'
import type { StoredParts } from './stored-parts.ts'

/** A file that is not compressed, whole or in parts. */
export class PlainFile implements ImageBytes {
  readonly compressed = null
  readonly #stored: StoredParts
  readonly #signal: AbortSignal | undefined

  constructor(stored: StoredParts, signal: AbortSignal | undefined) {
    this.#stored = stored
    this.#signal = signal
  }

  get size(): number {
    return this.#stored.size
  }

  get storedBytes(): number {
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
