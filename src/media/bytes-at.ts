/** Bytes that are read at any offset: a file, or what is unpacked from one. */

import { openFile, type OpenFile } from './disc-files.ts'

/** The bytes from `offset`. Fewer than `length` only at the end. They may be in `room`, if they fit there. */
type ReadAt = (offset: number, length: number, room?: Buffer) => Promise<Buffer>

export interface BytesAt {
  readonly sizeBytes: number
  readonly read: ReadAt
  /** A few bytes, at once, where that is faster than to wait for them: of a file in a folder. */
  readonly readNow?: (offset: number, length: number) => Buffer
}

/** A file kept open would keep the user from ejecting its disc. */
const idleMs = 1000

/**
 * A file in a folder or an image. It is open only while it is read. Throws system errors, and `damaged` if it
 * is no regular file.
 */
export class IdleFile implements BytesAt {
  readonly sizeBytes: number
  readonly #file: string
  #open: OpenFile | undefined
  #users = 0
  #timer: NodeJS.Timeout | undefined

  constructor(file: string) {
    this.#file = file
    this.#open = openFile(file)
    this.sizeBytes = this.#open.sizeBytes
    this.#closeLater()
  }

  readonly read = async (offset: number, length: number, room?: Buffer): Promise<Buffer> => {
    clearTimeout(this.#timer)
    this.#users++
    try {
      this.#open ??= openFile(this.#file)
      const wanted = Math.max(0, Math.min(length, this.sizeBytes - offset))
      const bytes =
        room !== undefined && room.length >= wanted ? room.subarray(0, wanted) : Buffer.allocUnsafe(wanted)
      let done = 0
      while (done < bytes.length) {
        const count = await this.#open.read(done === 0 ? bytes : bytes.subarray(done), offset + done)
        if (count === 0) break
        done += count
      }
      return bytes.subarray(0, done)
    } finally {
      this.#users--
      this.#closeLater()
    }
  }

  readonly readNow = (offset: number, length: number): Buffer => {
    this.#open ??= openFile(this.#file)
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.sizeBytes - offset)))
    const count = bytes.length === 0 ? 0 : this.#open.readAt(bytes, offset)
    this.#closeLater()
    return bytes.subarray(0, count)
  }

  close(): void {
    clearTimeout(this.#timer)
    if (this.#users > 0) return // the last reader closes it
    this.#open?.close()
    this.#open = undefined
  }

  #closeLater(): void {
    clearTimeout(this.#timer)
    if (this.#users === 0) this.#timer = setTimeout(() => this.close(), idleMs).unref()
  }
}
