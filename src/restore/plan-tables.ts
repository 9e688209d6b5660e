/**
 * The plan of a restore, as a small database outside the destination. The plan for a catalog of millions of
 * paths does not fit in memory. Several worker threads read it at the same time.
 */

import type Database from 'better-sqlite3'
import { openDatabase } from '../sqlite/open-database.ts'

/**
 * - `target`: a path with a content. `settled`: it is done, or failed. `stood`: overwrite an existing file.
 * - `piece`: the places of the contents, whole (part 0) or in parts, by chunk.
 * - `hard`: a path that becomes a hard link to `link`. `node`: every other path without a content.
 * - `folder`: every needed directory. `chosen`: the directory is itself restored.
 */
const tables = `
CREATE TABLE owner(id INTEGER PRIMARY KEY, uid INTEGER NOT NULL, gid INTEGER NOT NULL);
CREATE TABLE attribute(id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE chunk(number INTEGER PRIMARY KEY, disc INTEGER NOT NULL, name TEXT NOT NULL,
  bytes INTEGER NOT NULL, sha256 BLOB NOT NULL);
CREATE TABLE allowance(chunk INTEGER PRIMARY KEY, bytes REAL NOT NULL);
CREATE TABLE start(chunk INTEGER PRIMARY KEY, bytes REAL NOT NULL);
CREATE TABLE content(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, hash BLOB NOT NULL,
  parts INTEGER NOT NULL);
CREATE TABLE target(content INTEGER NOT NULL, path NOT NULL, member TEXT, mode INTEGER NOT NULL,
  owner INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL, attributes INTEGER,
  sparse INTEGER, settled INTEGER NOT NULL DEFAULT 0, stood INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(content, path)) WITHOUT ROWID;
CREATE TABLE piece(chunk INTEGER NOT NULL, member TEXT NOT NULL, content INTEGER NOT NULL,
  part INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY(chunk, member, content, part)) WITHOUT ROWID;
CREATE TABLE hard(path PRIMARY KEY, link NOT NULL, content INTEGER, member TEXT, mode INTEGER NOT NULL,
  owner INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL, attributes INTEGER,
  sparse INTEGER) WITHOUT ROWID;
CREATE INDEX hard_by_link ON hard(link);
CREATE TABLE node(path PRIMARY KEY, type TEXT NOT NULL, mode INTEGER NOT NULL, owner INTEGER NOT NULL,
  seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL, attributes INTEGER, link,
  device TEXT) WITHOUT ROWID;
CREATE TABLE folder(path PRIMARY KEY, chosen INTEGER NOT NULL) WITHOUT ROWID;
`

/** For lookups of single paths. */
export const indexByPath = 'CREATE INDEX IF NOT EXISTS target_by_path ON target(path)'

/** Makes an empty plan in `file`. It need not survive a crash. */
export function createPlan(file: string): Database.Database {
  const db = openDatabase(file)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma('cache_size = -16000')
  db.exec(tables)
  return db
}

/** Opens a finished plan for reading. It must not change any more. */
export function openPlan(file: string): Database.Database {
  const db = openDatabase(file, { readonly: true })
  db.pragma('cache_size = -8000')
  // One transaction for all queries: a transaction for each query would lock the file each time.
  db.exec('BEGIN')
  return db
}

export interface PieceRow {
  readonly member: string
  readonly content: number
  /** 0 for a whole content. */
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
