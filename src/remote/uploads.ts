/** Puts files of the local folder of a set into its store, and counts how they were proven. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { throwIfAborted } from '../errors.ts'
import type { StoreLock } from '../store/store-lock.ts'
import type { Proof, Store } from '../store/store.ts'

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
  }) {
    this.#store = options.store
    this.#lock = options.lock
    this.#folder = options.folder
    this.known = options.known
    this.#signal = options.signal
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

  /** Throws errors of the store, and `aborted`. `as`: the name in the store, if it is another one. */
  async put(name: string, { bytes, sha256 }: Sum, as = name): Promise<void> {
    throwIfAborted(this.#signal)
    const options = { signal: this.#signal, guard: () => this.#lock.check() }
    const proof = await this.#store.put(path.join(this.#folder, name), as, { bytes, sha256 }, options)
    this.known.set(as, bytes)
    this.#proofs[proof]++
    this.#files++
    this.#bytes += bytes
  }

  /** Puts a small file, unless the store has the same. */
  async putFile(name: string, as = name): Promise<void> {
    const sum = await this.#sumOf(name)
    if (this.#has(as, sum)) return
    await this.put(name, sum, as)
    this.sums.set(as, sum.sha256)
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
    await this.#lock.check()
    await this.#store.remove(name, { signal: this.#signal })
    this.known.delete(name)
    this.sums.delete(name)
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
