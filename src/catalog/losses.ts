/** The cost of missing chunks: the files of backups with content in them, and their other copies. */

import type Database from 'better-sqlite3'
import { collectDigests } from './content-digests.ts'
import { isPiece } from '../format/piece.ts'
import { pathFromCatalog } from '../format/path-text.ts'

/** One version of a path whose content needs a lost chunk. */
export interface LostFile {
  readonly path: string
  readonly firstBackup: number
  readonly lastBackup: number
  readonly bytes: number
  /** A second stored copy, in chunks that are not known to be lost. */
  readonly copy: { readonly chunks: readonly number[]; readonly discs: readonly number[] } | undefined
}

export interface LossCount {
  readonly files: number
  readonly bytes: number
  /** Files with a second stored copy. */
  readonly withCopy: number
}

interface LostRow {
  readonly path: string | Uint8Array
  readonly first: number
  readonly last: number | null
  readonly size: number | null
  readonly content: number
}

/** The numbers of the contents with data in `chunks`, a JSON array. */
const contentsIn = (chunks: string): string =>
  `SELECT id FROM content WHERE chunk IN (SELECT value FROM json_each(${chunks}))
    UNION SELECT content FROM part WHERE chunk IN (SELECT value FROM json_each(${chunks}))`

export class Losses {
  readonly #db: Database.Database
  readonly #lost: string
  readonly #newest: number
  readonly #copies: Database.Statement
  readonly #places: Database.Statement

  /** `lost`: the numbers of the missing chunks. */
  constructor(db: Database.Database, lost: readonly number[]) {
    this.#db = db
    this.#lost = JSON.stringify(lost)
    this.#newest = (db.prepare('SELECT max(number) FROM backup').pluck().get() as number | null) ?? 0
    collectDigests(db, `SELECT size FROM content WHERE id IN (${contentsIn('@lost')})`, [
      { lost: this.#lost },
    ])
    this.#copies = db.prepare(
      `SELECT b.id FROM content a JOIN temp.digest d ON d.size = a.size AND d.hash = a.hash AND d.id <> a.id
        JOIN content b ON b.id = d.id AND b.parts > ${isPiece}
      WHERE a.id = ? AND NOT EXISTS (
        SELECT 1 FROM json_each(?) l WHERE l.value = b.chunk
          OR l.value IN (SELECT chunk FROM part WHERE content = b.id))`,
    )
    this.#places = db.prepare(
      `SELECT DISTINCT k.number, k.disc FROM chunk k WHERE k.number IN
        (SELECT chunk FROM content WHERE id = @id UNION SELECT chunk FROM part WHERE content = @id) ORDER BY k.number`,
    )
  }

  /** The files that need `chunk`, in path order. */
  *filesOf(chunk: number): Generator<LostFile> {
    let content: number | undefined
    let copy: LostFile['copy']
    for (const row of this.#rows(JSON.stringify([chunk]), 'content, path')) {
      if (row.content !== content) copy = this.#copyOf(row.content)
      content = row.content
      yield {
        path: pathFromCatalog(row.path),
        firstBackup: row.first,
        lastBackup: row.last ?? Math.max(this.#newest, row.first),
        bytes: row.size ?? 0,
        copy,
      }
    }
  }

  /** All files that need lost chunks, each once. */
  total(): LossCount {
    let [files, bytes, withCopy] = [0, 0, 0]
    let content: number | undefined
    let hasCopy = false
    for (const row of this.#rows(this.#lost, 'content')) {
      if (row.content !== content) hasCopy = this.#copyOf(row.content) !== undefined
      content = row.content
      files++
      bytes += row.size ?? 0
      if (hasCopy) withCopy++
    }
    return { files, bytes, withCopy }
  }

  #rows(chunks: string, order: string): Iterable<LostRow> {
    return this.#db
      .prepare(
        `SELECT path, first, last, size, content FROM entry WHERE type IN ('file', 'hardlink') AND content IN (${contentsIn('@chunks')})
        ORDER BY ${order}`,
      )
      .iterate({ chunks }) as Iterable<LostRow>
  }

  #copyOf(content: number): LostFile['copy'] {
    const id = this.#copies.pluck().get(content, this.#lost) as number | undefined
    if (id === undefined) return undefined
    const places = this.#places.all({ id }) as { number: number; disc: number }[]
    return places.length === 0
      ? undefined
      : { chunks: places.map(({ number }) => number), discs: [...new Set(places.map(({ disc }) => disc))] }
  }
}
