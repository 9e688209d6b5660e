/**
 * A new file that is written from front to end and synced: past the system's cache where the file system can (O_DIRECT).
 * Nobody reads it soon, so a copy of it in memory would only push out what the user works with; and making it costs
 * (measured: 3 GB in 1.8 s, 0.3 s of it in the kernel; through the cache, 10 s and 9 s).
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { removeFile, writeAll } from './durable.ts'

const { O_WRONLY, O_DIRECT } = fs.constants

const blockBytes = 1 << 20
/** Blocks under way at a time, beside the one that is filled. */
const mostUnderWay = 3
const pageBytes = 65_536

export class NewFile {
  readonly #path: string
  readonly #sha256 = createHash('sha256')
  #fd: number | undefined
  /** The same file without the cache, once a block is full; `null` where that is impossible. */
  #direct: number | null | undefined
  #takesDirect = true
  #block: Buffer | undefined
  #length = 0
  #written = 0
  readonly #underWay = new Set<Promise<void>>()
  #failure: unknown

  /** Creates it; throws what the system throws, EEXIST where it is there. */
  constructor(path: string) {
    this.#path = path
    this.#fd = fs.openSync(path, 'wx', 0o644)
  }

  /** Copies `data`, which may be used again. Throws what became of an earlier write. */
  append(data: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    for (let done = 0; done < data.length;) {
      this.#block ??= spare.pop() ?? pages(blockBytes)
      const end = Math.min(data.length, done + blockBytes - this.#length)
      this.#block.set(done === 0 && end === data.length ? data : data.subarray(done, end), this.#length)
      this.#length += end - done
      done = end
      if (this.#length === blockBytes) this.#send(this.#block)
    }
  }

  /** What to wait for before more is appended, so that memory stays bounded. */
  wait(): Promise<void> | undefined {
    return this.#underWay.size > mostUnderWay ? Promise.race(this.#underWay) : undefined
  }

  /** Writes the rest, syncs and closes it. Throws what the system throws. */
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

  /** Closes and removes it. */
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
    // While it is being written.
    this.#sha256.update(block)
  }

  async #write(block: Buffer, at: number): Promise<void> {
    if (this.#direct === undefined) this.#direct = openDirectly(this.#path)
    let done = 0
    if (this.#direct !== null && this.#takesDirect) {
      try {
        done = await write(this.#direct, block, at)
      } catch (error) {
        // There are file systems that open it, and then write nothing so.
        if (systemCode(error) !== 'EINVAL') throw error
        this.#takesDirect = false
      }
    }
    // What a full disk cut short is no whole number of sectors any more.
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

/** Blocks that nobody uses: those of one file do for the next. */
const spare: Buffer[] = []

/**
 * Memory that begins with a page, as O_DIRECT needs: of all that Node gives out, WebAssembly's does. It reserves some GB of
 * addresses, which a limit (`ulimit -v`) may forbid: writing to O_DIRECT from other memory fails, and goes through the cache.
 */
function pages(bytes: number): Buffer {
  try {
    return Buffer.from(new WebAssembly.Memory({ initial: bytes / pageBytes }).buffer)
  } catch {
    return Buffer.allocUnsafeSlow(bytes)
  }
}
