/** Counts the results of a restore, and reports them. */

import type Database from 'better-sqlite3'
import type { Report } from '../events.ts'
import { attributesAreKnown } from '../files/attributes.ts'
import { timesAreExact } from '../files/exact-times.ts'
import { counted } from '../format/counted-text.ts'
import { pathForCatalog, pathFromCatalog, showPath } from '../format/path-text.ts'
import { pace } from '../progress.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import type { Missed } from './metadata.ts'
import { type MissedCounts, MissedSum } from './missed-sum.ts'
import type { ChunkRow } from './plan-tables.ts'

export class RestoreReport {
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
  readonly #missed = new MissedSum()
  #chunks = 0
  readonly #discs = new Set<number>()
  readonly #damagedDiscs = new Set<number>()
  #totalFiles = 0
  #totalBytes = 0
  #reading: ChunkRow | undefined
  readonly #isDue = pace()
  #isLinkedTo: (stored: string) => boolean = () => false
  readonly #failedLinks = new Set<string>()
  /** A database of its own, in memory at first: a million paths may fail. */
  #addFailed: Database.Statement | undefined

  constructor(report: Report) {
    this.#report = report
  }

  /** `isLinkedTo`: whether hard links depend on a path. Their failures are remembered. */
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
    this.#sendProgress()
  }

  readChunk(chunk: ChunkRow): void {
    this.#chunks++
    this.#discs.add(chunk.disc)
  }

  /** Content of the chunk was lost. */
  damagedChunk(chunk: ChunkRow): void {
    this.#damagedDiscs.add(chunk.disc)
  }

  restored(files: number, bytes: number): void {
    this.#files += files
    this.#bytes += bytes
    this.#sendProgress()
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

  /** A path is restored, but did not get all its metadata. */
  missed(path: string, missed: Missed): void {
    this.#missed.record(path, missed)
  }

  addMissed(missed: MissedCounts): void {
    this.#missed.add(missed)
  }

  /** A path is not restored. Only the first reason is reported and counted. */
  fail(path: string, reason: string): void {
    this.#addFailed ??= openDatabase('')
      .exec('CREATE TABLE failed(path PRIMARY KEY) WITHOUT ROWID')
      .prepare('INSERT OR IGNORE INTO failed VALUES (?)')
    if (this.#addFailed.run(pathForCatalog(path)).changes === 0) return
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

  /** A part of a file that is not restored was saved as `name`. */
  salvaged(name: string, bytes: number, wholeBytes: number): void {
    this.#salvaged++
    this.#warnings++
    this.#report({
      type: 'warning',
      kind: 'restore',
      path: name,
      message: `${showPath(name)} has damage: ${bytes} of ${wholeBytes} bytes were salvaged`,
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

  /** Reports once what this system or user cannot restore. */
  reportSkipped(): void {
    const note = (message: string): void => this.#report({ type: 'note', message })
    if (this.#sockets > 0)
      note(`${countedAre(this.#sockets, 'socket')} left out: the program that owns one makes it`)
    if (this.#devices > 0) note(`${countedAre(this.#devices, 'device')} left out: only root can make them`)
    if (!timesAreExact && this.#files > 0) note('times are set to some 100 ns only on this system')
    const missed = this.#missed.take()
    if (missed !== undefined) this.#reportMissed(missed, note)
    this.#sendProgress(true)
  }

  #reportMissed({ owners, rights, modes, attributes }: MissedCounts, note: (message: string) => void): void {
    const isRoot = process.geteuid?.() === 0
    if (process.platform === 'win32' && owners.paths > 0)
      note(`owners and modes of ${paths(owners)} are not set: Windows has others`)
    else if (owners.paths > 0)
      note(
        `owners of ${paths(owners)} are not set: ${isRoot ? 'the file system or the system refuses them' : 'only root can'}`,
      )
    if (rights.paths > 0)
      note(
        `setuid, setgid or capabilities of ${paths(rights)} are left out, as the owner is not set (${rights.example})`,
      )
    if (modes.paths > 0)
      note(`modes of ${paths(modes)} are not set: the file system refuses them (${modes.example})`)
    if (attributes.paths === 0) return
    const some = `extended attributes or ACLs of ${paths(attributes)}`
    if (attributesAreKnown) this.warn(`${some} could not be set (${attributes.example})`)
    else note(`${some} are not restored: that takes Linux and the optional package koffi`)
  }

  counts() {
    return {
      files: this.#files,
      directories: this.#directories,
      symlinks: this.#symlinks,
      bytes: this.#bytes,
      chunks: this.#chunks,
      discs: [...this.#discs].sort((a, b) => a - b),
      damagedDiscs: [...this.#damagedDiscs],
      failed: this.#failed,
      salvaged: this.#salvaged,
      warnings: this.#warnings,
    }
  }

  #sendProgress(always = false): void {
    if (!this.#isDue(always)) return
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

const countedAre = (count: number, noun: string): string =>
  `${counted(count, noun)} ${count === 1 ? 'is' : 'are'}`

const paths = ({ paths: count }: { readonly paths: number }): string => counted(count, 'path')
