/** Reads the log of the daemon, also while it is written. */

import fs from 'node:fs'
import { asButcherError, systemCode } from '../errors.ts'
import { keptLog } from './log-file.ts'

export interface LoggedLine {
  /** ISO 8601, UTC. Empty for a line that the daemon did not write. */
  readonly at: string
  readonly text: string
}

const blockBytes = 65_536

/** The newest lines, oldest first, also of files that were put aside. Undefined if there is no log. */
export function lastLines(file: string, most: number): readonly LoggedLine[] | undefined {
  const found: string[] = []
  for (let age = 0; found.length < most; age++) {
    const name = age === 0 ? file : keptLog(file, age)
    const lines = tailOf(name, most - found.length)
    if (lines === undefined && age > 0) break
    found.unshift(...(lines ?? []))
    if (lines === undefined && !fs.existsSync(keptLog(file, 1))) return undefined
  }
  return found.map(lineOf)
}

function tailOf(file: string, most: number): readonly string[] | undefined {
  let fd: number
  try {
    fd = fs.openSync(file, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw asButcherError(error, 'cannot read', file)
  }
  try {
    const pieces: Buffer[] = []
    let newlines = 0
    for (let end = fs.fstatSync(fd).size; end > 0 && newlines <= most;) {
      const start = Math.max(0, end - blockBytes)
      const block = Buffer.alloc(end - start)
      const size = fs.readSync(fd, block, 0, block.length, start)
      pieces.unshift(block.subarray(0, size))
      for (const byte of block) if (byte === 0x0a) newlines++
      end = start
    }
    return textLines(Buffer.concat(pieces).toString()).slice(-most)
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  } finally {
    fs.closeSync(fd)
  }
}

const textLines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

function lineOf(line: string): LoggedLine {
  const parts = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) {2}(.*)$/.exec(line)
  return { at: parts?.[1] ?? '', text: parts?.[2] ?? line }
}

/** Follows the log from its present end on, from file to file. It waits for a missing file. */
export class LogFollower {
  readonly #file: string
  #fd: number | undefined
  #rest = Buffer.alloc(0)
  #position = 0

  constructor(file: string) {
    this.#file = file
    this.#open()
    if (this.#fd !== undefined) this.#position = fs.fstatSync(this.#fd).size
  }

  /** Lines that were added since the last call. */
  read(): readonly LoggedLine[] {
    if (this.#fd === undefined) this.#open()
    const found = this.#readOn()
    if (this.#fd === undefined || !this.#isPutAside(this.#fd)) return found
    // What came between the two looks is still read from the old file.
    const last = this.#readOn()
    this.close()
    this.#open()
    return [...found, ...last, ...this.#readOn()]
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
    this.#fd = undefined
    this.#position = 0
    this.#rest = Buffer.alloc(0)
  }

  #open(): void {
    try {
      this.#fd = fs.openSync(this.#file, 'r')
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw asButcherError(error, 'cannot read', this.#file)
    }
  }

  #isPutAside(fd: number): boolean {
    const present = fs.statSync(this.#file, { throwIfNoEntry: false })
    return present !== undefined && present.ino !== fs.fstatSync(fd).ino
  }

  #readOn(): readonly LoggedLine[] {
    const fd = this.#fd
    if (fd === undefined) return []
    if (fs.fstatSync(fd).size < this.#position) this.#position = 0
    const pieces = [this.#rest]
    for (;;) {
      const block = Buffer.alloc(blockBytes)
      const size = fs.readSync(fd, block, 0, block.length, this.#position)
      if (size === 0) break
      this.#position += size
      pieces.push(block.subarray(0, size))
    }
    const bytes = Buffer.concat(pieces)
    const end = bytes.lastIndexOf(0x0a) + 1
    this.#rest = bytes.subarray(end)
    return textLines(bytes.subarray(0, end).toString()).map(lineOf)
  }
}
