/**
 * Sends complete chunks to the store, several side by side, and puts a stub in the place of each that is
 * proven there. So a backup needs little room here.
 */

import fs from 'node:fs'
import path from 'node:path'
import type { ChunkRow } from '../catalog/set-rows.ts'
import { putStub } from '../media/away-files.ts'
import { inOrder } from './in-order.ts'
import { pathOfChunk, pathOfRecord } from './listing.ts'
import type { Uploads } from './uploads.ts'

/** As the catalog has it. */
export type OutChunk = Pick<ChunkRow, 'number' | 'disc' | 'name' | 'bytes' | 'sha256'>

export interface OutboxOptions {
  /** The local folder of the set. */
  readonly folder: string
  readonly newFolder: string
  readonly uploads: Uploads
  /** The most bytes of chunks that may be here. */
  readonly roomBytes: number
}

/** One upload alone waits for the answers of the store. */
const transfers = 3

export class Outbox {
  readonly #options: OutboxOptions
  readonly #waiting: OutChunk[] = []
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined
  #bytes = 0
  #wake: (() => void)[] = []

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Bytes of chunks that are here and not yet in the store. */
  get bytes(): number {
    return this.#bytes
  }

  add(chunk: OutChunk): void {
    this.#waiting.push(chunk)
    this.#bytes += chunk.bytes
    this.#start()
  }

  /** Whether chunks of `bytes` bytes have room besides. Throws the error of an upload. */
  hasRoom(bytes: number): boolean {
    if (this.#failure) throw this.#failure.error
    return this.#bytes + bytes <= this.#options.roomBytes
  }

  /** Resolves when the next chunk is proven, an upload has failed, or `signal` aborts. */
  change(signal?: AbortSignal): Promise<void> {
    if (this.#failure || signal?.aborted || this.#bytes === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake.push(resolve)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Resolves when all chunks are proven. Throws the error of an upload, after the others have ended. */
  async empty(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running)
    if (this.#failure) throw this.#failure.error
  }

  /** Begins no further upload, and resolves when none is running. */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    await Promise.allSettled(this.#running)
  }

  #start(): void {
    while (this.#running.size < transfers && !this.#failure) {
      const chunk = this.#waiting.shift()
      if (chunk === undefined) return
      const running: Promise<void> = this.#send(chunk)
        .catch((error: unknown) => {
          this.#failure ??= { error }
        })
        .finally(() => {
          this.#running.delete(running)
          this.#start()
          for (const wake of this.#wake.splice(0)) wake()
        })
      this.#running.add(running)
    }
  }

  async #send(chunk: OutChunk): Promise<void> {
    const { folder, newFolder, uploads } = this.#options
    const file = path.join(folder, pathOfChunk(chunk))
    const record = pathOfRecord(chunk.number, chunk.name)
    const hasRecord = fs.existsSync(path.join(folder, record))
    await inOrder([
      [() => uploads.send(pathOfChunk(chunk), chunk)],
      // The record says that the chunk is there.
      hasRecord ? [() => uploads.sendFile(record)] : [],
    ])
    putStub(path.join(newFolder, `stub-${path.basename(file)}`), file, chunk.bytes)
    this.#bytes -= chunk.bytes
  }
}
