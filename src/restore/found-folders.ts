/**
 * Existing folders that are not restored themselves keep their metadata. An ordinary user may have to open
 * such a folder during the restore. Its state is recorded in the work folder first, so that after a kill the
 * next run puts it back.
 */

import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { systemCode } from '../errors.ts'
import { setPathTime, type Time } from '../files/exact-times.ts'
import { pathForCatalog } from '../format/path-text.ts'
import { isSafePath } from '../format/system-name.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import { below, FolderCheck } from './safe-path.ts'

export interface FolderState extends Time {
  readonly mode: number
}

/** In a work folder: one line of JSON for each folder. */
const journalFile = 'found-folders'

/** The mode bits that the owner needs to work in a folder. */
export const ownerAll = 0o700

/**
 * The mode of a folder that a restore has made but not finished. Only its owner has access. The sticky bit
 * lets a later run recognise it.
 */
const unfinishedMode = 0o1700

export const makeUnfinished = (folder: string | Buffer): void => {
  fs.mkdirSync(folder, unfinishedMode)
}

/** A new folder inherits setgid from its parent. */
export const isUnfinished = ({ mode, uid }: fs.Stats | fs.BigIntStats): boolean =>
  (Number(mode) & 0o5777) === unfinishedMode && (isRoot() || Number(uid) === process.geteuid?.())

const isRoot = (): boolean => process.geteuid?.() === 0

export function stateOf(folder: string | Buffer): FolderState {
  const { mode, mtimeNs } = fs.statSync(folder, { bigint: true })
  const nanoseconds = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = (mtimeNs - nanoseconds) / 1_000_000_000n
  return { mode: Number(mode) & 0o7777, seconds: Number(seconds), nanoseconds: Number(nanoseconds) }
}

/** Lets an ordinary user work in their own folder, whatever its mode is. Root needs no mode bits. */
export function openFolder(folder: string | Buffer, { mode, uid }: fs.Stats): void {
  if (isRoot() || uid !== process.geteuid?.() || (mode & ownerAll) === ownerAll) return
  fs.chmodSync(folder, (mode & 0o7777) | ownerAll)
}

function putBack(folder: string | Buffer, was: FolderState): void {
  try {
    if (stateOf(folder).mode !== was.mode) fs.chmodSync(folder, was.mode)
    setPathTime(folder, was)
  } catch (error) {
    // The folder belongs to somebody else, but this user can write to it: its time stays as it is.
    if (systemCode(error) !== 'EPERM' && systemCode(error) !== 'EUTIME') throw error
  }
}

export class FoundFolders {
  readonly #destination: string
  #journal: number | undefined
  readonly #db: Database.Database
  readonly #add: Database.Statement
  readonly #find: Database.Statement

  constructor(destination: string, workFolder: string) {
    this.#destination = destination
    this.#journal = fs.openSync(path.join(workFolder, journalFile), 'wx', 0o600)
    // There may be millions: an unnamed database, which SQLite moves out of memory if needed.
    this.#db = openDatabase('')
    this.#db.pragma('journal_mode = OFF')
    this.#db.exec(`CREATE TABLE folder(path PRIMARY KEY, mode INTEGER NOT NULL, seconds INTEGER NOT NULL,
      nanoseconds INTEGER NOT NULL) WITHOUT ROWID; BEGIN`)
    this.#add = this.#db.prepare('INSERT OR IGNORE INTO folder VALUES (?, ?, ?, ?)')
    this.#find = this.#db.prepare('SELECT mode, seconds, nanoseconds FROM folder WHERE path = ?')
  }

  /** `name`: a path below the destination, or '' for the destination itself. */
  record(name: string, state: FolderState): void {
    const { mode, seconds, nanoseconds } = state
    fs.writeSync(this.#journal as number, `${JSON.stringify({ path: name, mode, seconds, nanoseconds })}\n`)
    this.#add.run(pathForCatalog(name), mode, seconds, nanoseconds)
  }

  /** Puts the folder back. False if the folder was not recorded. */
  putBack(name: string): boolean {
    const state = this.#find.get(pathForCatalog(name)) as FolderState | undefined
    if (state === undefined) return false
    putBack(name === '' ? this.#destination : below(this.#destination, name), state)
    return true
  }

  /**
   * Ends the recording. FUSE keeps a removed file, and with it the work folder, as long as the file is open.
   */
  endNotes(): void {
    if (this.#journal !== undefined) fs.closeSync(this.#journal)
    this.#journal = undefined
  }

  close(): void {
    this.endNotes()
    this.#db.close()
  }
}

export interface NotedFolder extends FolderState {
  readonly path: string
}

/** The folders that a run recorded in its work folder; none if another user owns it. */
export function notedFolders(workFolder: string): NotedFolder[] {
  try {
    const { uid, mode } = fs.lstatSync(workFolder)
    if (uid !== process.geteuid?.() || (mode & 0o077) !== 0) return []
    const lines = fs.readFileSync(path.join(workFolder, journalFile), 'utf8').split('\n')
    return lines.flatMap((line) => parseNoted(line) ?? [])
  } catch {
    return []
  }
}

function parseNoted(line: string): NotedFolder | undefined {
  try {
    const noted = JSON.parse(line) as NotedFolder
    const numbers = [noted.mode, noted.seconds, noted.nanoseconds]
    if (!numbers.every(Number.isSafeInteger) || typeof noted.path !== 'string') return undefined
    return noted.path === '' || isSafePath(noted.path) ? noted : undefined
  } catch {
    return undefined // the last line was cut
  }
}

/**
 * Puts folders back, as far as possible, after a run that did not finish. Folders that somebody changed since
 * stay as they are.
 */
export function putNotedBack(destination: string, noted: readonly NotedFolder[]): void {
  for (const one of noted.toReversed()) {
    try {
      if (one.path !== '' && !new FolderCheck(destination).isFolder(one.path)) continue
      const folder = one.path === '' ? destination : below(destination, one.path)
      if (isSameButOpen(stateOf(folder), one)) putBack(folder, one)
    } catch {
      // This user cannot change it any more.
    }
  }
}

export const isSameButOpen = (is: FolderState, was: FolderState): boolean =>
  (is.mode | ownerAll) === (was.mode | ownerAll)
