/**
 * Folders that a restore finds and that are not restored themselves keep what they are. An ordinary user may have to open
 * such a folder while the restore goes on. What it was is noted in the work folder first, so a run that is killed leaves
 * nothing open: the next one puts it back.
 */

import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { systemCode } from '../errors.ts'
import { setPathTime, type Time } from '../files/exact-times.ts'
import { pathForCatalog } from '../format/path-text.ts'
import { below, FolderCheck, isSafePath } from './safe-path.ts'

export interface FolderState extends Time {
  readonly mode: number
}

/** In a work folder: a line of JSON for each folder. */
const journalFile = 'found-folders'

/** What the owner needs to work in a folder. */
export const ownerAll = 0o700

/**
 * The mode of a folder that a restore has made and has not finished: with the sticky bit, so that the restore that goes
 * on knows it for one of its own. Open to its owner alone.
 */
const unfinishedMode = 0o1700

export const makeUnfinished = (folder: string | Buffer): void => {
  fs.mkdirSync(folder, unfinishedMode)
}

/** A new folder gets setgid from the one above. */
export const isUnfinished = ({ mode, uid }: fs.Stats | fs.BigIntStats): boolean =>
  (Number(mode) & 0o5777) === unfinishedMode && (isRoot() || Number(uid) === process.geteuid?.())

const isRoot = (): boolean => process.geteuid?.() === 0

export function stateOf(folder: string | Buffer): FolderState {
  const { mode, mtimeNs } = fs.statSync(folder, { bigint: true })
  const nanoseconds = ((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = (mtimeNs - nanoseconds) / 1_000_000_000n
  return { mode: Number(mode) & 0o7777, seconds: Number(seconds), nanoseconds: Number(nanoseconds) }
}

/** Lets an ordinary user work in a folder of theirs, whatever its mode is. Root needs no mode for that. */
export function openFolder(folder: string | Buffer, { mode, uid }: fs.Stats): void {
  if (isRoot() || uid !== process.geteuid?.() || (mode & ownerAll) === ownerAll) return
  fs.chmodSync(folder, (mode & 0o7777) | ownerAll)
}

function putBack(folder: string | Buffer, was: FolderState): void {
  try {
    if (stateOf(folder).mode !== was.mode) fs.chmodSync(folder, was.mode)
    setPathTime(folder, was)
  } catch (error) {
    // The folder of somebody else, which this user may write to: its time stays as it is.
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
    // There may be millions: a database that SQLite moves out of memory, and that has no name.
    this.#db = new Database('')
    this.#db.pragma('journal_mode = OFF')
    this.#db.exec(`CREATE TABLE folder(path PRIMARY KEY, mode INTEGER NOT NULL, seconds INTEGER NOT NULL,
      nanoseconds INTEGER NOT NULL) WITHOUT ROWID; BEGIN`)
    this.#add = this.#db.prepare('INSERT OR IGNORE INTO folder VALUES (?, ?, ?, ?)')
    this.#find = this.#db.prepare('SELECT mode, seconds, nanoseconds FROM folder WHERE path = ?')
  }

  /** `name`: below the destination, or '' for the destination itself. */
  note(name: string, state: FolderState): void {
    const { mode, seconds, nanoseconds } = state
    fs.writeSync(this.#journal as number, `${JSON.stringify({ path: name, mode, seconds, nanoseconds })}\n`)
    this.#add.run(pathForCatalog(name), mode, seconds, nanoseconds)
  }

  /** Whether the folder is one of these; it is as it was then. */
  putBack(name: string): boolean {
    const state = this.#find.get(pathForCatalog(name)) as FolderState | undefined
    if (state === undefined) return false
    putBack(name === '' ? this.#destination : below(this.#destination, name), state)
    return true
  }

  /** No more are noted. FUSE keeps a removed file as long as it is open, and the work folder with it. */
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

/** What a run has noted in its work folder: nothing where that is not of this user. */
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

/** After a run that did not come to its end: as far as it goes. Those that somebody changed since stay as they are. */
export function putNotedBack(destination: string, noted: readonly NotedFolder[]): void {
  for (const one of noted.toReversed()) {
    try {
      if (one.path !== '' && !new FolderCheck(destination).isFolder(one.path)) continue
      const folder = one.path === '' ? destination : below(destination, one.path)
      if (isSameButOpen(stateOf(folder), one)) putBack(folder, one)
    } catch {
      // It is not this user's to change any more.
    }
  }
}

export const isSameButOpen = (is: FolderState, was: FolderState): boolean =>
  (is.mode | ownerAll) === (was.mode | ownerAll)
