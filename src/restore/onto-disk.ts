/** Writes the pieces of one content straight onto a disk that the caller has open. */

import fs from 'node:fs'
import type Database from 'better-sqlite3'
import { ButcherError, systemText } from '../errors.ts'
import { pageMemory } from '../files/page-memory.ts'
import { pieceBytes, pieceFolder } from '../format/piece.ts'

export interface Disk {
  /** Named in messages. */
  readonly path: string
  /** Open for writing past the cache, in this process. */
  readonly descriptor: number
  readonly sectorBytes: number
  /** Takes the pieces at the beginning, which the caller writes last. A multiple of a piece. */
  readonly beginning: SharedArrayBuffer
}

/** The one content of a plan, all of it in pieces. */
export interface DiskContent {
  readonly size: number
  readonly hash: Uint8Array
  /** Its ranges without a piece, in order. They are zeros, and the caller writes them. */
  readonly zeros: () => Iterable<{ readonly offset: number; readonly length: number }>
  /** The discs that are not available now. */
  readonly absent: readonly number[]
}

/** undefined if the plan has several files, or one that is not in pieces. */
export function contentForDisk(plan: Database.Database, absent: readonly number[]): DiskContent | undefined {
  const rows = plan
    .prepare('SELECT c.id, c.size, c.hash FROM target t JOIN content c ON c.id = t.content LIMIT 2')
    .all() as { id: number; size: number; hash: Uint8Array }[]
  const [content] = rows
  const others = plan.prepare(
    'SELECT count(*) FROM piece WHERE part = 0 OR substr(member, 1, ?) != ? OR size > ?',
  )
  const folder = `${pieceFolder}/`
  if (content === undefined || rows.length > 1 || content.size === 0) return undefined
  if ((others.pluck().get(folder.length, folder, pieceBytes) as number) > 0) return undefined
  const { id, size, hash } = content
  const pieces = plan.prepare('SELECT offset, size AS length FROM piece WHERE content = ? ORDER BY offset')
  function* zeros(): Generator<{ offset: number; length: number }> {
    let at = 0
    for (const { offset, length } of pieces.all(id) as { offset: number; length: number }[]) {
      if (offset > at) yield { offset: at, length: offset - at }
      at = offset + length
    }
    if (size > at) yield { offset: at, length: size - at }
  }
  return { size, hash, zeros, absent }
}

let page: Buffer | undefined

/** Throws `io`: then the run ends. */
export function putOntoDisk(
  { path, descriptor, sectorBytes, beginning }: Disk,
  bytes: Uint8Array,
  at: number,
): void {
  if (at < beginning.byteLength) {
    new Uint8Array(beginning).set(bytes, at)
    return
  }
  page ??= pageMemory(pieceBytes)
  const piece = page.subarray(0, Math.ceil(bytes.length / sectorBytes) * sectorBytes)
  piece.fill(0, bytes.length)
  piece.set(bytes)
  try {
    for (let done = 0; done < piece.length;) {
      const written = fs.writeSync(descriptor, piece, done, piece.length - done, at + done)
      if (written === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      done += written
    }
  } catch (cause) {
    throw new ButcherError('io', `cannot write to ${path} at byte ${at}: ${systemText(cause)}`, {
      path,
      hint: 'use another card or reader',
      cause,
    })
  }
}
