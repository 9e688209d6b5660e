/** The file of the daemon's log: a line for each event. A file that is full becomes `daemon.log.1`. */

import fs from 'node:fs'
import path from 'node:path'
import { systemText } from '../errors.ts'
import { writeAll } from '../files/durable.ts'
import { showPath } from '../format/path-text.ts'

export interface LogFileOptions {
  /** A larger file is put aside. */
  readonly mostBytes?: number
  /** So many files that were put aside stay. */
  readonly kept?: number
  /** Gets the reason if the log cannot be written. The daemon goes on without it. */
  readonly complain: (problem: string) => void
}

const standardBytes = 2 * 2 ** 20
const standardKept = 4

export const keptLog = (file: string, age: number): string => `${file}.${age}`

export class LogFile {
  readonly #file: string
  readonly #options: LogFileOptions
  readonly #mostBytes: number
  readonly #kept: number
  #fd: number | undefined
  #bytes = 0
  #problem = ''

  constructor(file: string, options: LogFileOptions) {
    this.#file = file
    this.#options = options
    this.#mostBytes = options.mostBytes ?? standardBytes
    this.#kept = options.kept ?? standardKept
  }

  /** Never throws: a disk that is full is reported once, and tried again with each line. */
  write(text: string, at = new Date()): void {
    const line = Buffer.from(`${at.toISOString()}  ${showPath(text)}\n`)
    try {
      this.#fd ??= this.#open()
      if (this.#bytes > 0 && this.#bytes + line.length > this.#mostBytes) this.#rotate()
      writeAll(this.#fd, line)
      this.#bytes += line.length
      this.#problem = ''
    } catch (error) {
      this.close()
      const problem = `cannot write ${this.#file}: ${systemText(error)}`
      if (problem !== this.#problem) this.#options.complain(problem)
      this.#problem = problem
    }
  }

  /** The next line goes into the file of that name, for programs that moved the present one away. */
  reopen(): void {
    this.close()
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd)
    this.#fd = undefined
  }

  #open(): number {
    fs.mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 })
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = fs.constants
    const fd = fs.openSync(this.#file, O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | O_RDWR, 0o600)
    try {
      fs.fchmodSync(fd, 0o600)
      this.#bytes = fs.fstatSync(fd).size
      // A crash in the middle of a line leaves its end out.
      const last = Buffer.alloc(1)
      if (this.#bytes > 0 && fs.readSync(fd, last, 0, 1, this.#bytes - 1) === 1 && last[0] !== 0x0a)
        this.#bytes += fs.writeSync(fd, '\n')
      return fd
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
  }

  /**
   * Each step renames one file to a name that is free, so a crash between two steps loses no line: the next
   * rotation goes on at the free name.
   */
  #rotate(): void {
    this.close()
    const ages = Array.from({ length: this.#kept }, (_, i) => i + 1)
    const free = ages.find((age) => !fs.existsSync(keptLog(this.#file, age)))
    for (let age = free ?? this.#kept; age > 1; age--)
      fs.renameSync(keptLog(this.#file, age - 1), keptLog(this.#file, age))
    if (this.#kept > 0) fs.renameSync(this.#file, keptLog(this.#file, 1))
    else fs.rmSync(this.#file)
    this.#fd = this.#open()
  }
}
