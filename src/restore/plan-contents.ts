/** Plans the pieces of contents: the members and chunks that hold them. */

import type Database from 'better-sqlite3'
import { type FoundContent, type FoundPart, partsOf } from '../catalog/content-parts.ts'
import { pieceFinder } from '../catalog/piece-rows.ts'
import { partName } from '../format/member-name.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import { inPieces } from '../format/piece.ts'

/** A path that cannot be restored, known when planning. */
export interface Refused {
  readonly path: string
  readonly reason: string
}

/** Plans the pieces of each content. Refuses a path if the catalog does not have its whole content. */
export function planContents(
  catalog: Database.Database,
  plan: Database.Database,
  refuse: (refused: Refused) => void,
): void {
  const find = contentPlanner(catalog, plan)
  const add = plan.prepare('INSERT INTO content VALUES (?, ?, ?, ?)')
  const drop = plan.prepare('DELETE FROM target WHERE content = ? AND path = ?')
  // Reads page by page, because the table changes meanwhile.
  const page = plan.prepare(
    `SELECT content, path, member FROM target WHERE (content, path) > (?, ?)
      ORDER BY content, path LIMIT 2000`,
  )
  let last: { content: number; path: string | Uint8Array } = { content: Number.MIN_SAFE_INTEGER, path: '' }
  let found: PlannedContent | undefined
  let member: unknown
  for (;;) {
    const rows = page.all(last.content, last.path) as TargetPlace[]
    if (rows.length === 0) return
    for (const row of rows) {
      const isNew = row.content !== last.content
      last = row
      if (isNew) {
        found = find(row.content, row.content)
        if (found) add.run(found.id, found.size, found.hash, found.pieces)
      }
      if (found === undefined) {
        refuse({ path: pathFromCatalog(row.path), reason: 'the backup does not have all of its content' })
        drop.run(row.content, row.path)
        continue
      }
      const named = row.member ?? row.path
      if (typeof named !== 'string' || (!isNew && named === member)) continue
      member = named
      found.addMembers(named)
    }
  }
}

interface TargetPlace {
  readonly content: number
  readonly path: string | Uint8Array
  readonly member: string | null
}

/** A content of which the catalog has all pieces. */
export interface PlannedContent {
  readonly id: number
  readonly size: number
  readonly hash: Uint8Array
  /** How many pieces are read. A content in pieces has none for its zeros. */
  readonly pieces: number
  /** Plans the members of a path that is stored as `member`. */
  readonly addMembers: (member: string) => void
}

/**
 * Returns the function that plans content `id` of `catalog`, as content `planned` of `plan`. Undefined if the
 * catalog does not have all of it.
 */
export function contentPlanner(
  catalog: Database.Database,
  plan: Database.Database,
): (id: number, planned: number) => PlannedContent | undefined {
  const find = catalog.prepare('SELECT id, size, hash, parts, chunk FROM content WHERE id = ?')
  const parts = catalog.prepare(
    'SELECT part, chunk, offset, size, hash FROM part WHERE content = ? ORDER BY part',
  )
  const piecesOf = pieceFinder(catalog)
  const addPiece = plan.prepare('INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const drop = plan.prepare('DELETE FROM piece WHERE content = ?')
  /** Adds the pieces at once: their members do not depend on the path. Undefined if some are missing. */
  const addPieces = (content: FoundContent, planned: number): number | undefined => {
    const pieces = piecesOf(content.id, content.size, content.parts)
    for (let count = 0; ; count++) {
      const next = pieces.next()
      if (next.done) {
        if (next.value) return count
        drop.run(planned)
        return undefined
      }
      const { part, chunk, offset, size, hash, member } = next.value
      addPiece.run(chunk, member, planned, part, offset, size, hash)
    }
  }
  return (id, planned) => {
    const content = find.get(id) as FoundContent | undefined
    if (content === undefined || content.hash === null) return undefined
    const { size, hash, parts: count } = content
    if (content.chunk === inPieces && size > 0) {
      const pieces = addPieces(content, planned)
      return pieces === undefined ? undefined : { id, size, hash, pieces, addMembers: () => {} }
    }
    const found = partsOf(content, () => parts.all(id) as FoundPart[])
    const addMembers = (member: string): void => {
      for (const { part, chunk, offset, size: bytes, hash: digest } of found ?? [])
        addPiece.run(
          chunk,
          partName(member, part, count),
          planned,
          count === 1 ? 0 : part,
          offset,
          bytes,
          digest,
        )
    }
    return found && { id, size, hash, pieces: count, addMembers }
  }
}
