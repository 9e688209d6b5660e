/** A chunk to restore from, and what came of it. */

import type Database from 'better-sqlite3'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import type { FileWriter } from './file-writer.ts'
import type { ChunkRow } from './plan-tables.ts'

export interface ChunkSource {
  readonly chunk: ChunkRow
  /** The expected path of the file. */
  readonly file: string
  /** The folders of all available discs: the chunk may have another name, or be on another copy. */
  readonly discs?: readonly string[]
}

export interface ChunkReading {
  readonly plan: Database.Database
  readonly fileWriter: FileWriter
  readonly secrets: OpenedSecrets
  /** The threads that lbzip2 may use. */
  readonly threads: number
  /** Throws if the run must stop. */
  readonly checkStop: () => void
}

export interface ChunkOutcome {
  /** Verified parts in their gathering file. */
  readonly parts: readonly { readonly content: number; readonly part: number }[]
  /** Contents and parts that could not be read from the chunk, and why. */
  readonly lost: readonly { readonly content: number; readonly part: number; readonly reason: string }[]
  /** The damage of the whole chunk. */
  readonly damage: string | undefined
}
