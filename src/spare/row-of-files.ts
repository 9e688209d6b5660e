/** Files in a row, written and read as one: the parity of a spare, or a recovered disc. */

import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { writeAll } from '../files/durable.ts'

export interface RowFile {
  readonly name: string
  readonly sizeBytes: number
}

/** One pass from the first byte to the last, which updates the existing content. */
export class RowPass {
  readonly #folder: string
  readonly #files: readonly RowFile[]
  readonly #sums = new Map<string, string>()
  #next = 0
  #open: { readonly fd: number; readonly file: RowFile; readonly hash: Hash; done: number } | undefined

  constructor(folder: string, files: readonly RowFile[]) {
    this.#folder = folder
    this.#files = files
  }

  /** Fills `block` from the current position without moving it. Bytes that were not written yet are zeros. */
  peek(block: Uint8Array): void {
    let at = 0
    let [next, offset] = [this.#next, this.#open?.done ?? 0]
    if (this.#open) next--
    for (; at < block.length && next < this.#files.length; next++, offset = 0) {
      const file = this.#files[next] as RowFile
      const wanted = Math.min(block.length - at, file.sizeBytes - offset)
      block.fill(0, at, at + wanted)
      this.#readInto(file, offset, block.subarray(at, at + wanted))
      at += wanted
    }
    block.fill(0, at)
  }

  /** Writes at the current position, and moves it. Bytes behind the end of the last file are dropped. */
  write(block: Uint8Array): void {
    for (let at = 0; at < block.length;) {
      const open = this.#atFile()
      if (!open) return
      const piece = block.subarray(at, at + open.file.sizeBytes - open.done)
      try {
        writeAll(open.fd, piece)
      } catch (error) {
        throw asButcherError(error, 'cannot write', this.#pathOf(open.file))
      }
      open.hash.update(piece)
      open.done += piece.length
      at += piece.length
    }
  }

  /** The SHA-256 of each file in hex, after everything is written and synced. */
  end(): ReadonlyMap<string, string> {
    while (this.#atFile()) throw new Error('the row is not full')
    return this.#sums
  }

  close(): void {
    if (this.#open) fs.closeSync(this.#open.fd)
    this.#open = undefined
  }

  /** The file of the next byte; creates and completes files on the way. */
  #atFile() {
    for (;;) {
      if (this.#open && this.#open.done < this.#open.file.sizeBytes) return this.#open
      if (this.#open) this.#endFile(this.#open)
      const file = this.#files[this.#next]
      if (!file) return undefined
      this.#next++
      const where = this.#pathOf(file)
      try {
        fs.mkdirSync(path.dirname(where), { recursive: true })
        const fd = fs.openSync(where, fs.constants.O_CREAT | fs.constants.O_WRONLY, 0o644)
        this.#open = { fd, file, hash: createHash('sha256'), done: 0 }
      } catch (error) {
        throw asButcherError(error, 'cannot write', where)
      }
    }
  }

  #endFile({ fd, file, hash }: { readonly fd: number; readonly file: RowFile; readonly hash: Hash }): void {
    this.#open = undefined
    try {
      fs.fsyncSync(fd)
    } catch (error) {
      throw asButcherError(error, 'cannot write', this.#pathOf(file))
    } finally {
      fs.closeSync(fd)
    }
    this.#sums.set(file.name, hash.digest('hex'))
  }

  #readInto(file: RowFile, offset: number, into: Uint8Array): void {
    let fd: number
    try {
      fd = fs.openSync(this.#pathOf(file), 'r')
    } catch {
      return // it is made in this pass
    }
    try {
      for (let at = 0; at < into.length;) {
        const count = fs.readSync(fd, into, at, into.length - at, offset + at)
        if (count === 0) return
        at += count
      }
    } catch (error) {
      throw asButcherError(error, 'cannot read', this.#pathOf(file))
    } finally {
      fs.closeSync(fd)
    }
  }

  #pathOf = (file: RowFile): string => path.join(this.#folder, file.name)
}
