/** Counts what a restore does, and tells it. */

import type { Report } from '../events.ts'
import { attributesAreKnown } from '../files/attributes.ts'
import { timesAreExact } from '../files/exact-times.ts'
import { pathFromCatalog, showPath } from '../format/path-text.ts'
import type { ChunkRow } from './plan-tables.ts'

const tellEveryMs = 100

export class Tally {
  readonly #report: Report
  #files = 0
  #directories = 0
  #symlinks = 0
  #bytes = 0
  #failed = 0
  #salvaged = 0
  #warnings = 0
  #sockets = 0
  #devices = 0
  #unset = 0
  #unsetExample = ''
  #chunks = 0
  readonly #discs = new Set<number>()
  #totalFiles = 0
  #totalBytes = 0
  #reading: ChunkRow | undefined
  #told = 0
  #isLinkedTo: (stored: string) => boolean = () => false
  readonly #failedLinks = new Set<string>()

  constructor(report: Report) {
    this.#report = report
  }

  /** `isLinkedTo`: failures of which paths have to be remembered. */
  begin(totalFiles: number, totalBytes: number, isLinkedTo: (path: string) => boolean): void {
    this.#totalFiles = totalFiles
    this.#totalBytes = totalBytes
    this.#isLinkedTo = isLinkedTo
  }

  get failed(): number {
    return this.#failed
  }

  get warnings(): number {
    return this.#warnings
  }

  reads(chunk: ChunkRow): void {
    this.#reading = chunk
    this.#tell()
  }

  readChunk(chunk: ChunkRow): void {
    this.#chunks++
    this.#discs.add(chunk.disc)
  }

  restored(files: number, bytes: number): void {
    this.#files += files
    this.#bytes += bytes
    this.#tell()
  }

  made(kind: 'directory' | 'symlink' | 'hardlink' | 'special'): void {
    if (kind === 'directory') this.#directories++
    else if (kind === 'symlink') this.#symlinks++
    else if (kind === 'hardlink') this.#files++
  }

  skip(kind: 'socket' | 'device'): void {
    if (kind === 'socket') this.#sockets++
    else this.#devices++
  }

  /** Paths some of whose extended attributes could not be set. */
  unset(paths: number, example: string): void {
    this.#unset += paths
    this.#unsetExample ||= example
  }

  /** A path is not restored. */
  fail(path: string, reason: string): void {
    this.#failed++
    this.#warnings++
    if (this.#isLinkedTo(path)) this.#failedLinks.add(path)
    this.#report({
      type: 'warning',
      kind: 'restore',
      path,
      message: `not restored: ${showPath(path)}: ${reason}`,
    })
  }

  /** Something of a file that is not restored stands under `name`. */
  salvaged(name: string, bytes: number, wholeBytes: number): void {
    this.#salvaged++
    this.#warnings++
    this.#report({
      type: 'warning',
      kind: 'restore',
      path: name,
      message: `salvaged, and not right: ${showPath(name)}: ${bytes} of ${wholeBytes} bytes`,
    })
  }

  failStored(path: string | Uint8Array, reason: string): void {
    this.fail(pathFromCatalog(path), reason)
  }

  hasFailed(path: string): boolean {
    return this.#failedLinks.has(path)
  }

  warn(message: string): void {
    this.#warnings++
    this.#report({ type: 'warning', kind: 'restore', message })
  }

  /** What this system or this user cannot bring back, told once. `foreignOwners`: paths whose owner is not set. */
  tellSkipped(foreignOwners: number): void {
    const note = (message: string): void => this.#report({ type: 'note', message })
    if (this.#sockets > 0)
      note(`${counted(this.#sockets, 'socket')} left out: the program that owns one makes it`)
    if (this.#devices > 0) note(`${counted(this.#devices, 'device')} left out: only root can make them`)
    if (!timesAreExact && this.#files > 0) note('times are set to some 100 ns only on this system')
    if (foreignOwners > 0)
      note(`owners of ${foreignOwners} ${foreignOwners === 1 ? 'path' : 'paths'} are not set: only root can`)
    this.#tellUnset(note)
    this.#told = 0
    this.#tell()
  }

  #tellUnset(note: (message: string) => void): void {
    if (this.#unset === 0) return
    const paths = `extended attributes or ACLs of ${this.#unset} ${this.#unset === 1 ? 'path' : 'paths'}`
    if (attributesAreKnown) this.warn(`${paths} could not be set (${this.#unsetExample})`)
    else note(`${paths} are not restored: that takes Linux and the optional package koffi`)
  }

  counts() {
    return {
      files: this.#files,
      directories: this.#directories,
      symlinks: this.#symlinks,
      bytes: this.#bytes,
      chunks: this.#chunks,
      discs: [...this.#discs].sort((a, b) => a - b),
      failed: this.#failed,
      salvaged: this.#salvaged,
      warnings: this.#warnings,
    }
  }

  #tell(): void {
    const now = Date.now()
    if (now - this.#told < tellEveryMs) return
    this.#told = now
    this.#report({
      type: 'progress',
      stage: 'restore',
      bytes: this.#bytes,
      files: this.#files,
      totalBytes: this.#totalBytes,
      totalFiles: this.#totalFiles,
      ...(this.#reading ? { disc: this.#reading.disc, chunk: this.#reading.number } : {}),
    })
  }
}

const counted = (count: number, noun: string): string =>
  count === 1 ? `1 ${noun} is` : `${count} ${noun}s are`
