/** A place for the files of sets: a folder, or a remote of rclone. */

import type { Readable } from 'node:stream'
import type { Report } from '../events.ts'

export interface StoredFile {
  /** Relative to the store, with `/`. */
  readonly path: string
  readonly bytes: number
  /** As the store tells it: some stores keep the time of the local file, others the time of the upload. */
  readonly modified: Date | undefined
}

/**
 * How a `put` was proven: by a hash that the store made of what it holds, by reading everything back, or by
 * the size alone.
 */
export type Proof = 'hash' | 'read-back' | 'size'

/** A file that is in the store, complete and proven, but not yet under its name. */
export interface Sent {
  /** Gives it its name. Call it once. If nobody does, a later run removes the file. */
  readonly settle: () => Promise<Proof>
}

export interface Abilities {
  /** The store makes hashes that butcher can compare. */
  readonly hash: boolean
  /** It renames files without sending them again. */
  readonly move: boolean
  readonly ranges: boolean
  /** It tells its free room. */
  readonly room: boolean
}

export interface Stoppable {
  readonly signal?: AbortSignal | undefined
}

export interface Expected {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

/**
 * Paths are relative to the store, with `/`. All calls throw `aborted` on `signal`, `usage` for a path that
 * leads out of the store, `no-space` if the store is full, else `io` or `destination`. A store that does not
 * answer is waited for.
 */
export interface Store {
  /** As the user gave it: a folder, or `rclone:REMOTE:PATH`. */
  readonly name: string
  readonly abilities: Abilities
  /** Files below `folder` (`''`: the store). Empty if the folder does not exist. Unfit names are left out. */
  list(folder: string, options?: ListOptions): Promise<readonly StoredFile[]>
  stat(path: string, options?: Stoppable): Promise<StoredFile | undefined>
  /**
   * Stores a local file. The name appears only when the content is complete and proven; an older file of
   * this name is replaced. Throws `damaged` if the content differs from `expected`.
   */
  put(localFile: string, path: string, expected: Expected, options?: PutOptions): Promise<Proof>
  /**
   * The first part of a `put`, all but the name. A store that shows a file only when it is complete does it
   * all in `settle`.
   */
  send(localFile: string, path: string, expected: Expected, options?: PutOptions): Promise<Sent>
  /**
   * Writes a few bytes under their name in one step, and proves nothing. For files of which half does no
   * harm.
   */
  note(localFile: string, path: string, options?: Stoppable): Promise<void>
  /** The bytes of a file, or `length` bytes from `offset`. Ends early where the file ends. */
  get(path: string, options?: GetOptions): Readable
  /** Replaces `to`. Throws `io` if `from` does not exist. */
  move(from: string, to: string, options?: Stoppable): Promise<void>
  /** Does nothing if the file does not exist. */
  remove(path: string, options?: Stoppable): Promise<void>
  /** Bytes; undefined if the store does not tell. */
  room(options?: Stoppable): Promise<Room>
  close(): Promise<void>
}

export interface ListOptions extends Stoppable {
  /** Files in subfolders, too. */
  readonly recursive?: boolean
}

export interface PutOptions extends Stoppable {
  /** Called just before the file gets its name. An error from it ends the call: the lock may be lost. */
  readonly guard?: (() => Promise<void>) | undefined
}

export interface GetOptions extends Stoppable {
  readonly offset?: number
  readonly length?: number
}

export interface Room {
  readonly free: number | undefined
  readonly total: number | undefined
}

export interface StoreOptions extends Stoppable {
  /**
   * Bytes a second, with a timetable if wanted, as rclone's `--bwlimit` has it: `1M`, `08:00,512k
   * 19:00,off`.
   */
  readonly bandwidth?: string | undefined
  /** `size`: the size is proof enough if the store makes no hash. Default `content`. */
  readonly proof?: 'content' | 'size' | undefined
  /** How long a store that does not answer is waited for, in ms. */
  readonly patienceMs?: number | undefined
  readonly report?: Report | undefined
}
