/** Clean copies of the working catalog, and an estimate of its final size. */

import fs from 'node:fs'
import { pieceTables } from '../format/catalog-schema.ts'
import { isPiece } from '../format/piece.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import { type Catalog, getMeta } from './working-catalog.ts'
import { queuedRuns } from './queued-pieces.ts'
import { passes } from './work-queue.ts'

/** Writes the catalog without its free pages to `file`, which must not exist yet. */
export function copyCatalog(db: Catalog, file: string): void {
  db.prepare('VACUUM main INTO ?').run(file)
}

/**
 * Removes ctimes and inodes from the catalog in `file`: they compress badly, and only the next backup's
 * comparison uses them. Everything can still be restored.
 */
export function slimCatalog(file: string): void {
  const db = openDatabase(file)
  try {
    db.pragma('journal_mode = OFF')
    db.exec('UPDATE entry SET ctime = NULL, inode = NULL')
    db.exec('VACUUM')
  } finally {
    db.close()
  }
}

/**
 * Writes a trial catalog to `file`: roughly the catalog once the whole queue is stored. It has the real
 * names, and random numbers for the hashes to come. `chunks`: the most chunks that can come.
 */
export function writeTrialCatalog(db: Catalog, file: string, backup: number, chunks: number): void {
  copyCatalog(db, file)
  db.prepare('ATTACH ? AS trial').run(file)
  try {
    db.pragma('trial.journal_mode = OFF')
    db.pragma('trial.synchronous = OFF')
    db.transaction(() => fillTrial(db, backup, chunks))()
    // In the trial, pages of the attribute table and its index alternate and compress as one. In the finished
    // catalog they do not, so VACUUM before measuring.
    if (db.prepare('SELECT 1 FROM trial.attribute LIMIT 1').get() !== undefined) db.exec('VACUUM trial')
  } finally {
    db.exec('DETACH trial')
  }
}

/** Opens it read-only. */
export const openTrialCatalog = (file: string): Catalog => openDatabase(file, { readonly: true })

function fillTrial(db: Catalog, backup: number, chunks: number): void {
  const firstContent = 'SELECT coalesce(max(id), 0) FROM main.content'
  const digestBytes = getMeta(db, 'hash') === 'sha512' ? 64 : 32
  db.exec(`INSERT INTO trial.content SELECT (${firstContent}) + seq, size, randomblob(${digestBytes}), 1, 1 + seq % 1000
    FROM work.item WHERE type = 'file' AND pass = ${passes.files}`)
  db.exec(
    `INSERT OR IGNORE INTO trial.attribute(data) SELECT attributes FROM work.item WHERE attributes IS NOT NULL`,
  )
  db.exec(`INSERT OR REPLACE INTO trial.entry SELECT path, ${backup}, NULL, type, mode, 1, mtime, ctime, inode, size,
    CASE WHEN size IS NOT NULL THEN (${firstContent}) + seq END,
    CASE WHEN pass = ${passes.files} THEN NULL WHEN size IS NOT NULL THEN path END, link, device,
    (SELECT id FROM trial.attribute a WHERE a.data = attributes), 1
    FROM work.item WHERE type <> 'gone' AND mode IS NOT NULL`)
  trialPieces(db, firstContent, digestBytes)
  const chunk =
    db.prepare(`INSERT INTO trial.chunk SELECT coalesce(max(number), 0) + 1, 1, '00000000.tar.bz2.gpg', 1000000000,
    randomblob(32), ${backup} FROM trial.chunk`)
  const part = db.prepare('INSERT OR IGNORE INTO trial.part VALUES (?, ?, ?, ?, 1000000000, randomblob(64))')
  for (let i = 0; i < chunks; i++) {
    chunk.run()
    part.run(i, i, i, i * 1e9)
  }
}

function trialPieces(db: Catalog, firstContent: string, digestBytes: number): void {
  const seqs = db.prepare('SELECT DISTINCT seq FROM work.piece').pluck().all() as number[]
  if (seqs.length === 0) return
  db.exec(`INSERT OR IGNORE INTO trial.content SELECT (${firstContent}) + 1000000 + id, size, randomblob(${digestBytes}), ${isPiece}, 1
    FROM work.piece WHERE fresh = 1`)
  db.exec(pieceTables.replace('TABLE piece', 'TABLE IF NOT EXISTS trial.piece'))
  const add = db.prepare('INSERT OR IGNORE INTO trial.piece VALUES (?, ?, ?, ?)')
  for (const seq of seqs)
    for (const { part, count, stored } of queuedRuns(db, seq)) add.run(1e9 + seq, part, count, stored)
}

/**
 * `count` evenly spaced pieces of `file`, `pieceBytes` each; the whole file if it is not longer than that.
 */
export function* samplePieces(file: string, pieceBytes: number, count: number): Generator<Buffer> {
  const { size } = fs.statSync(file)
  const fd = fs.openSync(file, 'r')
  try {
    const pieces = Math.ceil(size / pieceBytes)
    const step = Math.max(1, pieces / count)
    for (let at = 0; at < pieces; at += step) {
      const piece = Buffer.allocUnsafe(pieceBytes)
      const read = fs.readSync(fd, piece, 0, pieceBytes, Math.floor(at) * pieceBytes)
      yield piece.subarray(0, read)
    }
  } finally {
    fs.closeSync(fd)
  }
}
