/**
 * A new file, written sequentially and synced, without the system's cache if the file system can (O_DIRECT).
 * Nobody reads it soon, so a cached copy would only displace the user's data. The cache also costs time.
 * Measured for 3 GB: 1.8 s, 0.3 s of it in the kernel, against 10 s and 9 s with the cache.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { removeFile, writeAll } from './durable.ts'
import { pageMemory } from './page-memory.ts'

const { O_WRONLY, O_DIRECT } = fs.constants

const blockBytes = 1 << 20
/** Pending block writes, besides the block that is being filled. */
const mostUnderWay = 3

export class NewFile {
  readonly #path: string
  readonly #sha256 = createHash('sha256')
  #fd: number | undefined
  /** The same file opened without the cache, once a block is full; `null` if that is impossible. */
  #direct: number | null | undefined
  #takesDirect = true
  #block: Buffer | undefined
  #length = 0
  #written = 0
  readonly #underWay = new Set<Promise<void>>()
  #failure: unknown

  /** Creates the file; throws the system's error, EEXIST if it exists. */
  constructor(path: string) {
    this.#path = path
    this.#fd = fs.openSync(path, 'wx', 0o644)
  }

  /** Copies `data`, so the caller can reuse it. Throws the error of an earlier write. */
  append(data: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    for (let done = 0; done < data.length;) {
      this.#block ??= spare.pop() ?? pageMemory(blockBytes)
      const end = Math.min(data.length, done + blockBytes - this.#length)
      this.#block.set(done === 0 && end === data.length ? data : data.subarray(done, end), this.#length)
      this.#length += end - done
      done = end
      if (this.#length === blockBytes) this.#send(this.#block)
    }
  }

  /** Wait for this before appending more, so that memory stays bounded. */
  wait(): Promise<void> | undefined {
    return this.#underWay.size > mostUnderWay ? Promise.race(this.#underWay) : undefined
  }

  /** Writes the rest, syncs and closes. Throws the system's error. */
  async finish(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    await Promise.all(this.#underWay)
    if (this.#failure !== undefined) throw this.#failure
    const fd = this.#fd as number
    if (this.#block) {
      const rest = this.#block.subarray(0, this.#length)
      this.#sha256.update(rest)
      writeAll(fd, rest, this.#written)
      this.#written += rest.length
    }
    fs.fsyncSync(fd)
    this.#close()
    return { bytes: this.#written, sha256: this.#sha256.digest('hex') }
  }

  /** Closes and removes the file. */
  async drop(): Promise<void> {
    await Promise.all(this.#underWay)
    this.#close()
    removeFile(this.#path)
  }

  #close(): void {
    if (this.#block) spare.push(this.#block)
    this.#block = undefined
    const [fd, direct] = [this.#fd, this.#direct]
    this.#fd = this.#direct = undefined
    if (typeof direct === 'number') fs.closeSync(direct)
    if (fd !== undefined) fs.closeSync(fd)
  }

  #send(block: Buffer): void {
    const at = this.#written
    this.#written += blockBytes
    this.#block = undefined
    this.#length = 0
    const written = this.#write(block, at)
      .catch((error: unknown) => void (this.#failure ??= error))
      .finally(() => {
        this.#underWay.delete(written)
        spare.push(block)
      })
    this.#underWay.add(written)
    // Hashes the block while it is being written.
    this.#sha256.update(block)
  }

  async #write(block: Buffer, at: number): Promise<void> {
    if (this.#direct === undefined) this.#direct = openDirectly(this.#path)
    let done = 0
    if (this.#direct !== null && this.#takesDirect) {
      try {
        done = await write(this.#direct, block, at)
      } catch (error) {
        // Some file systems open the file with O_DIRECT, but then refuse to write.
        if (systemCode(error) !== 'EINVAL') throw error
        this.#takesDirect = false
      }
    }
    // A write cut short by a full disk no longer ends at a sector.
    while (done < blockBytes) done += await write(this.#fd as number, block.subarray(done), at + done)
  }
}

function openDirectly(path: string): number | null {
  if (O_DIRECT === undefined) return null
  try {
    return fs.openSync(path, O_WRONLY | O_DIRECT)
  } catch {
    return null
  }
}

const write = (fd: number, data: Uint8Array, at: number): Promise<number> =>
  new Promise((resolve, reject) =>
    fs.write(fd, data, 0, data.length, at, (error, done) => (error ? reject(error) : resolve(done))),
  )

/** Free blocks, which the next file reuses. */
const spare: Buffer[] = []
