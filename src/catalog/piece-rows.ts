/**
 * The table of contents in pieces. Only a catalog that has such contents has it, and is of a newer version.
 */

import type Database from 'better-sqlite3'
import { partsWithPieces, pieceTables, piecesVersion, viewsWithPieces } from '../format/catalog-schema.ts'
import {
  addToRuns,
  isPiece,
  maxPieces,
  pieceBytes,
  pieceMember,
  type PieceRun,
  piecesOfSize,
} from '../format/piece.ts'
import type { PiecesLine } from '../format/manifest.ts'

export const hasPieceTable = (db: Database.Database): boolean =>
  db.prepare(`SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'piece'`).get() !== undefined

/** From now on queries of `part` also find pieces. To write to the table, name it `main.part`. */
export function showPiecesAsParts(db: Database.Database): void {
  if (hasPieceTable(db)) db.exec(partsWithPieces)
}

/** Returns the function that applies a `pieces` line. The first one makes the table. */
export function pieceRecorder(db: Database.Database): (line: PiecesLine) => void {
  let add: Database.Statement | undefined
  return ({ content, runs }) => {
    if (!hasPieceTable(db)) addPieceTable(db)
    add ??= db.prepare('INSERT OR REPLACE INTO piece VALUES (?, ?, ?, ?)')
    for (const [part, count, stored] of runs) add.run(content, part, count, stored)
  }
}

function addPieceTable(db: Database.Database): void {
  const names = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'view'`).pluck().all() as string[]
  for (const name of names) db.exec(`DROP VIEW "${name.replaceAll('"', '""')}"`)
  db.exec(pieceTables)
  db.exec(viewsWithPieces)
  db.pragma(`user_version = ${piecesVersion}`)
  showPiecesAsParts(db)
}

/** Lets all lists of pieces refer to the replacements in `temp.replacement`. */
export function replacePieces(db: Database.Database): void {
  if (!hasPieceTable(db)) return
  const pieces = db
    .prepare(
      `SELECT r.content, r."by" FROM temp.replacement r JOIN main.content c ON c.id = r.content AND c.parts = ${isPiece}`,
    )
    .raw()
    .all() as [number, number][]
  if (pieces.length === 0) return
  const by = new Map(pieces)
  const remove = db.prepare('DELETE FROM piece WHERE content = ? AND part = ?')
  const add = db.prepare('INSERT OR REPLACE INTO piece VALUES (?, ?, ?, ?)')
  for (const { content, ...run } of db.prepare('SELECT * FROM piece').all() as (PieceRun & {
    content: number
  })[]) {
    const runs: PieceRun[] = []
    for (let i = 0; i < run.count; i++) {
      const stored = run.stored + i
      addToRuns(runs, run.part + i, by.get(stored) ?? stored)
    }
    if (runs.length === 1 && runs[0]?.stored === run.stored) continue
    remove.run(content, run.part)
    for (const { part, count, stored } of runs) add.run(content, part, count, stored)
  }
}

/** A stored piece of a content. */
export interface StoredPiece {
  readonly part: number
  readonly chunk: number
  readonly offset: number
  readonly size: number
  readonly hash: Uint8Array
  readonly member: string
}

/**
 * Returns the function that yields the stored pieces of a content in pieces, without those of zeros. It
 * returns false, perhaps after some, if the catalog lacks a piece.
 */
export function pieceFinder(
  db: Database.Database,
): (content: number, sizeBytes: number, parts: number) => Generator<StoredPiece, boolean> {
  const isAny = hasPieceTable(db)
  const runs = isAny && db.prepare('SELECT part, count, stored FROM piece WHERE content = ? ORDER BY part')
  const contents = db.prepare(
    'SELECT id, size, hash, chunk FROM content WHERE id >= ? AND id < ? ORDER BY id',
  )
  return function* (content, sizeBytes, parts) {
    if (runs === false || parts !== piecesOfSize(sizeBytes) || parts > maxPieces) return false
    let next = 1
    for (const { part, count, stored } of runs.all(content) as PieceRun[]) {
      if (part < next || part + count - 1 > parts) return false
      next = part + count
      let at = part
      for (const piece of contents.iterate(stored, stored + count) as Iterable<PieceContent>) {
        const { id, chunk, size, hash } = piece
        const offset = (at - 1) * pieceBytes
        const isRight = id === stored + at - part && size === Math.min(pieceBytes, sizeBytes - offset)
        if (!isRight || chunk === null || hash === null) return false
        yield { part: at++, chunk, offset, size, hash, member: pieceMember(id) }
      }
      if (at !== next) return false
    }
    return true
  }
}

interface PieceContent {
  readonly id: number
  readonly size: number
  readonly hash: Uint8Array | null
  readonly chunk: number | null
}
