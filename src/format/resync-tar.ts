/**
 * Reads a damaged tar. At an invalid header it searches every byte for the next header of a wanted member,
 * and continues there.
 */

import { ButcherError } from '../errors.ts'
import { TarReader, type TarSink } from './read-tar.ts'

export interface ResyncSink extends TarSink {
  /** Whether reading can continue at a header with this name and size. */
  readonly isWanted: (name: string, sizeBytes: number | undefined) => boolean
  /** The current member ends early. */
  readonly cut: () => void
}

const blockBytes = 512
/** The offset of `ustar` and a zero byte in ustar headers. */
const magicAt = 257
const magic = Buffer.from('ustar\0', 'latin1')
/** Nearly always enough for a member's pax records, a sparse file's map and its header. */
const lookAhead = 64 << 10
const feedBytes = 64 << 10

export class ResyncTar {
  readonly #sink: ResyncSink
  #reader: TarReader | undefined
  /** While searching: the bytes that were read and not yet dropped. */
  #window: Buffer = Buffer.alloc(0)
  /** The window's offset in the tar, as far as it is known. */
  #at = 0
  /** The next header must begin at this offset or later. */
  #from = 0

  constructor(sink: ResyncSink) {
    this.#sink = sink
    this.#reader = new TarReader(sink)
  }

  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += feedBytes) this.#feed(bytes.subarray(at, at + feedBytes))
  }

  /** Bytes are missing: this many, or an unknown number. */
  gap(missing: number | undefined): void {
    if (missing === undefined || this.#reader === undefined) {
      this.#search(true)
      this.#lose()
      this.#at += missing ?? 0
      return
    }
    const zeros = Buffer.alloc(feedBytes)
    for (let left = missing; left > 0; left -= feedBytes) this.#feed(zeros.subarray(0, left))
  }

  end(): void {
    this.#search(true)
    this.#lose()
  }

  #feed(bytes: Uint8Array): void {
    if (this.#reader !== undefined && this.#follow(bytes)) {
      this.#at += bytes.length
      return
    }
    this.#window = Buffer.concat([this.#window, bytes])
    if (this.#window.length >= 2 * lookAhead) this.#search(false)
  }

  /** False if the tar is invalid from here on. */
  #follow(bytes: Uint8Array): boolean {
    const reader = this.#reader as TarReader
    try {
      reader.feed(bytes)
      if (!reader.ended) return true
    } catch (error) {
      if (!(error instanceof ButcherError) || error.code !== 'damaged') throw error
    }
    this.#sink.cut()
    this.#reader = undefined
    return false
  }

  #lose(): void {
    this.#sink.cut()
    this.#reader = undefined
    this.#at += this.#window.length
    this.#window = Buffer.alloc(0)
  }

  /** Searches the window for a header to continue at; with `toEnd`, no more bytes come. */
  #search(toEnd: boolean): void {
    for (;;) {
      const start = this.#candidate(toEnd)
      if (start === undefined) return
      this.#from = this.#at + start + 1
      const tail = this.#window.subarray(start)
      this.#at += start
      this.#window = Buffer.alloc(0)
      this.#reader = new TarReader(this.#sink)
      if (this.#follow(tail)) {
        this.#at += tail.length
        return
      }
      this.#window = tail
    }
  }

  /** The offset in the window of a wanted member; drops the searched bytes. */
  #candidate(toEnd: boolean): number | undefined {
    const { length } = this.#window
    const last = toEnd ? length - blockBytes : length - lookAhead
    let at = Math.max(0, this.#from - this.#at)
    for (;;) {
      const hit = this.#window.indexOf(magic, at + magicAt)
      at = hit - magicAt
      if (hit < 0 || at > last) break
      if (this.#beginsWanted(this.#window.subarray(at, at + lookAhead))) return at
      at++
    }
    const keep = toEnd ? length : Math.max(0, Math.min(length, last))
    this.#window = this.#window.subarray(keep)
    this.#at += keep
    return undefined
  }

  #beginsWanted(bytes: Buffer): boolean {
    let isWanted: boolean | undefined
    const reader = new TarReader({
      begin: ({ name, sizeBytes, isFile }) => {
        isWanted ??= isFile && this.#sink.isWanted(name, sizeBytes)
        return false
      },
      data: () => {},
      hole: () => {},
      end: () => {},
    })
    try {
      for (let at = 0; at < bytes.length && isWanted === undefined; at += blockBytes) {
        reader.feed(bytes.subarray(at, at + blockBytes))
      }
    } catch {
      // It was not a header.
    }
    return isWanted === true
  }
}
