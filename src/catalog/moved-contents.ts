/** Contents that a prune moves to new chunks: their members' names, old and new. After `findLive`. */

import { isOlderMember, memberName, olderMemberName, partName } from '../format/member-name.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import { inPieces, isPiece, pieceListText, pieceMember, type PieceRun } from '../format/piece.ts'
import { hasPieceTable } from './piece-rows.ts'
import { folderFinder } from './previous-entries.ts'
import type { Catalog } from './working-catalog.ts'

/** What a tar says of a file besides its name and size. */
interface MemberFacts {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  readonly mtime: bigint
  /** In the form of `format/attributes.ts`. */
  readonly attributes: string | null
}

/** A member of a chunk that moves to another one. */
export interface MovedMember {
  readonly content: number
  /** 0 for a content that is not in parts. */
  readonly part: number
  readonly size: number
  readonly hash: Buffer
  /** In the old chunk. */
  readonly member: string
  /** In the new one. */
  readonly name: string
  readonly facts: MemberFacts
}

/** A split content of which no part moves alone, and where its parts are. */
interface SplitContent {
  readonly content: number
  readonly parts: readonly { readonly chunk: number; readonly bytes: number }[]
}

const splitLive = `c.parts > 1 AND c.hash IS NOT NULL AND c.id IN (SELECT content FROM temp.live)`

/**
 * The split contents that get another name when they move, so that no part of them replaces a part of a newer
 * file.
 */
export function renamedSplits(db: Catalog): SplitContent[] {
  const splits = new Map<number, { chunk: number; bytes: number }[]>()
  const parts = db.prepare(
    `SELECT p.content, p.chunk, p.size FROM main.part p JOIN main.content c ON c.id = p.content WHERE ${splitLive}`,
  )
  for (const [content, chunk, bytes] of parts.raw().iterate() as Iterable<[number, number, number]>) {
    const known = splits.get(content)
    if (known) known.push({ chunk, bytes })
    else splits.set(content, [{ chunk, bytes }])
  }
  if (splits.size === 0) return []
  const entries = db
    .prepare(
      `SELECT e.content, e.path, e.member, e.last IS NULL FROM main.entry e JOIN main.content c ON c.id = e.content
      WHERE e.type = 'file' AND ${splitLive}`,
    )
    .raw()
    .all() as [number, string | Buffer, string | null, number][]
  const wasFolder = folderFinder(db)
  for (const [content, bytes, member, isCurrent] of entries) {
    const path = pathFromCatalog(bytes)
    const name = member ?? path
    const keepsName =
      isOlderMember(name, content) || (isCurrent === 1 && name === memberName(path, wasFolder(path)))
    if (keepsName) splits.delete(content)
  }
  return [...splits].map(([content, places]) => ({ content, parts: places }))
}

type Face = [
  content: bigint, path: string | Buffer, member: string | null, mode: bigint, uid: bigint, gid: bigint,
  user: string | null, group: string | null, mtime: bigint, attributes: string | null, isCurrent: bigint,
] // prettier-ignore

const noFacts: MemberFacts = {
  mode: 0o600,
  uid: 0,
  gid: 0,
  user: null,
  group: null,
  mtime: 0n,
  attributes: null,
}

/**
 * Notes which contents move: all live ones of the chunks `rewrite`, and the split ones `wholes`. Returns the
 * chunks that have members of them.
 */
export function noteMoves(db: Catalog, rewrite: readonly number[], wholes: readonly number[]): number[] {
  db.exec(`DROP TABLE IF EXISTS temp.move; CREATE TEMP TABLE move(
      chunk INTEGER, content INTEGER, part INTEGER, parts INTEGER, size INTEGER, hash BLOB,
      PRIMARY KEY(chunk, content, part)) WITHOUT ROWID;
    DROP TABLE IF EXISTS temp.renamed; CREATE TEMP TABLE renamed(content INTEGER PRIMARY KEY, name TEXT)`)
  const isLive = 'id IN (SELECT content FROM temp.live)'
  const chunks = JSON.stringify(rewrite)
  db.prepare(
    `INSERT INTO temp.move SELECT chunk, id, 0, parts, size, hash FROM main.content
    WHERE chunk IN (SELECT value FROM json_each(?)) AND ${isLive}`,
  ).run(chunks)
  db.prepare(
    `INSERT INTO temp.move SELECT p.chunk, p.content, p.part, c.parts, p.size, p.hash
    FROM main.part p JOIN main.content c ON c.id = p.content
    WHERE ${isLive} AND (p.chunk IN (SELECT value FROM json_each(?)) OR p.content IN (SELECT value FROM json_each(?)))`,
  ).run(chunks, JSON.stringify(wholes))
  findFaces(db)
  return db.prepare('SELECT DISTINCT chunk FROM temp.move ORDER BY chunk').pluck().all() as number[]
}

/** For each content that moves, and each one in pieces: an entry that names it, if possible a newest one. */
function findFaces(db: Catalog): void {
  const isWanted = `e.content IN (SELECT content FROM temp.move) OR
    e.content IN (SELECT id FROM main.content WHERE chunk = ${inPieces} AND id IN (SELECT content FROM temp.live))`
  db.exec(`DROP TABLE IF EXISTS temp.face; CREATE TEMP TABLE face AS
    SELECT e.content, e.path, e.first,
      max((e.last IS NULL) * 2 + (e.member IS NULL)) AS rank FROM main.entry e
    WHERE e.type = 'file' AND (${isWanted}) GROUP BY e.content;
    CREATE INDEX temp.face_of_content ON face(content)`)
}

const faceQuery = `SELECT f.content, e.path, e.member, e.mode, o.uid, o.gid, o.user, o.grp, e.mtime, a.data, e.last IS NULL
  FROM temp.face f JOIN main.entry e ON e.path = f.path AND e.first = f.first
  JOIN main.owner o ON o.id = e.owner LEFT JOIN main.attribute a ON a.id = e.attributes`

/** The members of an old chunk that move, by their names. */
export function movedMembers(db: Catalog, chunk: number): Map<string, MovedMember> {
  const moves = db.prepare('SELECT content, part, parts, size, hash FROM temp.move WHERE chunk = ?').raw()
  const faceOf = facesIn(db)
  const members = new Map<string, MovedMember>()
  const rows = moves.all(chunk) as [number, number, number, number, Buffer][]
  for (const [content, part, parts, size, hash] of rows) {
    const face = parts === isPiece ? undefined : faceOf(content)
    const old = face?.member ?? pieceMember(content)
    const name = face?.name ?? old
    const [member, moved] =
      part === 0 ? [old, name] : [partName(old, part, parts), partName(name, part, parts)]
    members.set(member, { content, part, size, hash, member, name: moved, facts: face?.facts ?? noFacts })
  }
  return members
}

interface NamedFace {
  readonly member: string
  /** As the content is named from now on. */
  readonly name: string
  readonly facts: MemberFacts
}

/** Returns the function that names a content. It notes the new names for `renameMembers`. */
function facesIn(db: Catalog): (content: number) => NamedFace | undefined {
  const find = db.prepare(`${faceQuery} WHERE f.content = ?`).safeIntegers().raw()
  const rename = db.prepare('INSERT OR REPLACE INTO temp.renamed VALUES (?, ?)')
  // A part keeps its name if others stay where they are. A content in pieces has only a list.
  const movesWhole = db.prepare(
    `SELECT chunk IS ${inPieces} OR parts = (SELECT count(*) FROM temp.move WHERE content = id)
    FROM main.content WHERE id = ?`,
  )
  movesWhole.pluck()
  const wasFolder = folderFinder(db)
  const nameOf = (content: number, path: string, member: string, isCurrent: boolean): string => {
    if (movesWhole.get(content) !== 1) return member
    if (isCurrent) return memberName(path, wasFolder(path))
    return isOlderMember(member, content) ? member : olderMemberName(path, content)
  }
  return (content) => {
    const row = find.get(content) as Face | undefined
    if (row === undefined) return undefined
    const [, bytes, oldMember, mode, uid, gid, user, group, mtime, attributes, isCurrent] = row
    const path = pathFromCatalog(bytes)
    const member = oldMember ?? path
    const name = nameOf(content, path, member, isCurrent === 1n)
    if (name !== member) rename.run(content, name)
    const facts = { mode: Number(mode), uid: Number(uid), gid: Number(gid), user, group, mtime, attributes }
    return { member, name, facts }
  }
}

/** From now on the catalog has these members in `chunk`. */
export function recordMoved(db: Catalog, chunk: number, members: readonly MovedMember[]): void {
  const content = db.prepare('UPDATE content SET chunk = ? WHERE id = ?')
  const part = db.prepare('UPDATE main.part SET chunk = ? WHERE content = ? AND part = ?')
  db.transaction(() => {
    for (const one of members) {
      if (one.part === 0) content.run(chunk, one.content)
      else part.run(chunk, one.content, one.part)
    }
  })()
}

/** A list of the pieces of a content, as the member of a chunk. */
export interface PieceListMember {
  /** Without the suffix of a list. */
  readonly name: string
  readonly text: string
  readonly facts: MemberFacts
}

/** The lists of all live contents in pieces: the chunks that had them may be gone. After `noteMoves`. */
export function* pieceLists(db: Catalog): Generator<PieceListMember> {
  if (!hasPieceTable(db)) return
  const contents = db
    .prepare(
      `SELECT id, size FROM main.content WHERE chunk = ${inPieces} AND id IN (SELECT content FROM temp.live) ORDER BY id`,
    )
    .raw()
    .all() as [number, number][]
  const runs = db.prepare('SELECT part, count, stored FROM piece WHERE content = ? ORDER BY part')
  const faceOf = facesIn(db)
  for (const [content, size] of contents) {
    const face = faceOf(content)
    if (face === undefined) continue
    yield { ...face, text: pieceListText(size, runs.all(content) as PieceRun[]) }
  }
}

/** Gives the entries the new names of their members, by one scan. */
export function renameMembers(db: Catalog): void {
  db.exec(`UPDATE main.entry SET member =
      (SELECT CASE WHEN r.name = entry.path THEN NULL ELSE r.name END FROM temp.renamed r WHERE r.content = entry.content)
    WHERE content IN (SELECT content FROM temp.renamed)`)
}
