/** Puts files of the local folder of a set into its store, and counts how they were proven. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { throwIfAborted } from '../errors.ts'
import type { StoreLock } from '../store/store-lock.ts'
import type { Proof, Store } from '../store/store.ts'
import type { Settle } from './in-order.ts'

export interface Uploaded {
  readonly files: number
  /** Bytes of these files. */
  readonly bytes: number
  /** Number of files proven by a hash of the store. */
  readonly provenByHash: number
  /** Number of files proven by reading them back. */
  readonly provenByReadBack: number
  /** Number of files proven by their size only. */
  readonly provenBySize: number
}

interface Sum {
  readonly bytes: number
  readonly sha256: string
}

export class Uploads {
  readonly #store: Store
  readonly #lock: StoreLock
  readonly #folder: string
  readonly #signal: AbortSignal | undefined
  readonly #ready: Promise<void>
  /** The files of the store: their bytes by path. */
  readonly known: Map<string, number>
  /** The SHA-256 of small files that are in the store, by path. */
  readonly sums: Map<string, string>
  readonly #proofs: Record<Proof, number> = { hash: 0, 'read-back': 0, size: 0 }
  #files = 0
  #bytes = 0

  constructor(options: {
    readonly store: Store
    readonly lock: StoreLock
    readonly folder: string
    readonly known: Map<string, number>
    readonly sums: Map<string, string>
    readonly signal: AbortSignal | undefined
    /** Nothing gets or loses its name in the store before that. */
    readonly ready: Promise<void>
  }) {
    this.#store = options.store
    this.#lock = options.lock
    this.#folder = options.folder
    this.known = options.known
    this.#signal = options.signal
    this.#ready = options.ready
    this.sums = options.sums
  }

  get done(): Uploaded {
    return {
      files: this.#files,
      bytes: this.#bytes,
      provenByHash: this.#proofs.hash,
      provenByReadBack: this.#proofs['read-back'],
      provenBySize: this.#proofs.size,
    }
  }

  /**
   * Sends a file, all but its name. `as`: the name in the store, if it is another one. Throws errors of the
   * store, and `aborted`.
   */
  async send(name: string, { bytes, sha256 }: Sum, as = name): Promise<Settle> {
    throwIfAborted(this.#signal)
    const options = { signal: this.#signal, guard: () => this.#check() }
    const sent = await this.#store.send(path.join(this.#folder, name), as, { bytes, sha256 }, options)
    return async () => {
      throwIfAborted(this.#signal)
      const proof = await sent.settle()
      this.known.set(as, bytes)
      this.#proofs[proof]++
      this.#files++
      this.#bytes += bytes
    }
  }

  /** Sends a small file, unless the store has the same. */
  async sendFile(name: string, as = name): Promise<Settle> {
    const sum = await this.#sumOf(name)
    if (this.#has(as, sum)) return async () => {}
    const settle = await this.send(name, sum, as)
    return async () => {
      await settle()
      this.sums.set(as, sum.sha256)
    }
  }

  async #check(): Promise<void> {
    await this.#ready
    await this.#lock.check()
  }

  /** Whether files are renamed without sending them again. */
  get canRename(): boolean {
    return this.#store.abilities.move
  }

  /** Replaces `to`. */
  async rename(from: string, to: string): Promise<void> {
    throwIfAborted(this.#signal)
    await this.#check()
    await this.#store.move(from, to, { signal: this.#signal })
    const [bytes, sum] = [this.known.get(from), this.sums.get(from)]
    this.#forget(from)
    this.#forget(to)
    if (bytes !== undefined) this.known.set(to, bytes)
    if (sum !== undefined) this.sums.set(to, sum)
  }

  /** Whether the store has this small file already. */
  async isThere(name: string): Promise<boolean> {
    return this.#has(name, await this.#sumOf(name))
  }

  async #sumOf(name: string): Promise<Sum> {
    const file = path.join(this.#folder, name)
    return { bytes: fs.statSync(file).size, sha256: await sha256Of(file) }
  }

  #has = (name: string, { bytes, sha256 }: Sum): boolean =>
    this.sums.get(name) === sha256 && this.known.get(name) === bytes

  async remove(name: string): Promise<void> {
    throwIfAborted(this.#signal)
    await this.#check()
    await this.#store.remove(name, { signal: this.#signal })
    this.#forget(name)
  }

  #forget(name: string): void {
    this.known.delete(name)
    this.sums.delete(name)
  }
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
