/**
 * The plan of a restore as a small database outside the destination: what a catalog of millions of paths makes of a
 * restore fits no memory, and the worker threads that read the chunks look into it side by side.
 */

import Database from 'better-sqlite3'

/**
 * - `target`: a path that gets a content; `settled` where it has it, or cannot; `stood` where something may be replaced for it. `piece`: where the contents are, whole (part 0) or in parts, chunk by chunk.
 * - `hard`: a path that becomes a hard link to `link`. `node`: everything else that has no content. `folder`: every
 *   directory that is needed; `chosen` where it is itself part of what is restored.
 */
const tables = `
CREATE TABLE owner(id INTEGER PRIMARY KEY, uid INTEGER NOT NULL, gid INTEGER NOT NULL);
CREATE TABLE attribute(id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE chunk(number INTEGER PRIMARY KEY, disc INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
  sha256 BLOB NOT NULL);
CREATE TABLE allowance(chunk INTEGER PRIMARY KEY, bytes REAL NOT NULL);
CREATE TABLE start(chunk INTEGER PRIMARY KEY, bytes REAL NOT NULL);
CREATE TABLE content(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, hash BLOB NOT NULL, parts INTEGER NOT NULL);
CREATE TABLE target(content INTEGER NOT NULL, path NOT NULL, member TEXT, mode INTEGER NOT NULL, owner INTEGER NOT NULL,
  seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL, attributes INTEGER, sparse INTEGER,
  settled INTEGER NOT NULL DEFAULT 0, stood INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(content, path)) WITHOUT ROWID;
CREATE TABLE piece(chunk INTEGER NOT NULL, member TEXT NOT NULL, content INTEGER NOT NULL, part INTEGER NOT NULL,
  offset INTEGER NOT NULL, size INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY(chunk, member, content, part)) WITHOUT ROWID;
CREATE TABLE hard(path PRIMARY KEY, link NOT NULL, content INTEGER, member TEXT, mode INTEGER NOT NULL,
  owner INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL, attributes INTEGER, sparse INTEGER) WITHOUT ROWID;
CREATE INDEX hard_by_link ON hard(link);
CREATE TABLE node(path PRIMARY KEY, type TEXT NOT NULL, mode INTEGER NOT NULL, owner INTEGER NOT NULL,
  seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL, attributes INTEGER, link, device TEXT) WITHOUT ROWID;
CREATE TABLE folder(path PRIMARY KEY, chosen INTEGER NOT NULL) WITHOUT ROWID;
`

/** For those who look for single paths. */
export const indexByPath = 'CREATE INDEX IF NOT EXISTS target_by_path ON target(path)'

/** Makes an empty plan in `file`. It needs no care for crashes. */
export function createPlan(file: string): Database.Database {
  const db = new Database(file)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma('cache_size = -16000')
  db.exec(tables)
  return db
}

/** Opens a plan that is made, to read it; nobody may change it from now on. */
export function openPlan(file: string): Database.Database {
  const db = new Database(file, { readonly: true, fileMustExist: true })
  db.pragma('cache_size = -8000')
  // One transaction from first to last: each query in one of its own locks and unlocks the file.
  db.exec('BEGIN')
  return db
}

export interface TargetRow {
  readonly path: string | Uint8Array
  readonly mode: number
  readonly owner: number
  readonly seconds: number
  readonly nanoseconds: number
}

export interface PieceRow {
  readonly member: string
  readonly content: number
  /** 0 of a whole content. */
  readonly part: number
  readonly offset: number
  readonly size: number
  readonly hash: Uint8Array
}

export interface ContentRow {
  readonly id: number
  readonly size: number
  readonly hash: Uint8Array
  readonly parts: number
}

export interface ChunkRow {
  readonly number: number
  readonly disc: number
  readonly name: string
  readonly bytes: number
  readonly sha256: Uint8Array
}
