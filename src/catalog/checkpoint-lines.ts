/** The manifest of a checkpoint: every row of a catalog, so that it needs no manifest before it. */

import type { Attributes } from '../format/attributes.ts'
import {
  checkpointFormat,
  type ChunkLine,
  type DiscLine,
  type KeptLine,
  type ManifestLine,
  type PartLine,
} from '../format/manifest.ts'
import { pathFromCatalog } from '../format/path-text.ts'
import type { PieceRun } from '../format/piece.ts'
import { retentionLine } from './marks.ts'
import { hasPieceTable } from './piece-rows.ts'
import { backupLines, chunkRows, discLines, optionsLine, rootLines } from './set-rows.ts'
import { type Catalog, highest, highestContent } from './working-catalog.ts'

/** These keys are not copied: marks and options have their own lines, and the filter is made again. */
const notAsMeta = `key <> 'options' AND key <> 'names' AND key NOT GLOB 'forgotten *' AND key NOT GLOB 'pinned *'`

/** `own` is the line of the disc that the checkpoint is on. */
export function* checkpointLines(
  db: Catalog,
  { set, chunk, disc }: Pick<ChunkLine, 'set' | 'chunk' | 'disc'>,
  own: DiscLine,
): Generator<ManifestLine> {
  const backup = highest(db, 'backup')
  yield { t: 'chunk', format: checkpointFormat, set, chunk, disc, backup, contents: highestContent(db) }
  const meta = db.prepare(`SELECT key, value FROM meta WHERE ${notAsMeta} ORDER BY key`).raw()
  for (const [key, value] of meta.all() as [string, unknown][]) yield { t: 'meta', key, value: String(value) }
  yield* backupLines(db)
  yield* discLines(db)
  yield own
  yield* rootLines(db)
  for (const { number, ...row } of chunkRows(db)) yield { t: 'stored', chunk: number, ...row }
  yield { t: 'checkpoint' }
  const options = optionsLine(db, backup)
  if (options) yield options
  const retention = retentionLine(db)
  if (retention) yield retention
  yield* contentLines(db)
  yield* keptLines(db)
  for (const row of db.prepare('SELECT backup, path, message FROM problem').iterate() as Iterable<Problem>)
    yield { t: 'problem', ...row, path: pathFromCatalog(row.path) }
}

type Path = string | Buffer
interface Problem {
  readonly backup: number
  readonly path: Path
  readonly message: string
}

function* contentLines(db: Catalog): Generator<ManifestLine> {
  const contents = db
    .prepare('SELECT id, size, lower(hex(hash)), parts, chunk FROM content ORDER BY id')
    .raw()
  for (const row of contents.iterate() as Iterable<[number, number, string, number, number | null]>) {
    const [id, size, hash, parts, chunk] = row
    yield { t: 'content', id, size, hash: hash === '' ? null : hash, parts, chunk }
  }
  const parts = db.prepare(
    'SELECT content, part, chunk, offset, size, lower(hex(hash)) AS hash FROM main.part ORDER BY content, part',
  )
  for (const row of parts.iterate() as Iterable<Part>) yield { t: 'part', ...row }
  if (hasPieceTable(db)) yield* pieceLines(db)
  const unfinished = db.prepare(
    `SELECT content, path, CAST(mtime AS TEXT) AS mtime, CAST(ctime AS TEXT) AS ctime, CAST(inode AS TEXT) AS inode
    FROM unfinished`,
  )
  for (const row of unfinished.iterate() as Iterable<Unfinished>)
    yield { t: 'unfinished', ...row, path: pathFromCatalog(row.path) }
}

type Part = Omit<PartLine, 't'>

interface Unfinished {
  readonly content: number
  readonly path: Path
  readonly mtime: string
  readonly ctime: string
  readonly inode: string
}

/** Runs in one line. */
const runsInLine = 1000

function* pieceLines(db: Catalog): Generator<ManifestLine> {
  const rows = db.prepare('SELECT content, part, count, stored FROM piece ORDER BY content, part').iterate()
  let content: number | undefined
  let runs: [number, number, number][] = []
  for (const row of rows as Iterable<PieceRun & { readonly content: number }>) {
    if (content !== undefined && (row.content !== content || runs.length === runsInLine)) {
      yield { t: 'pieces', content, runs }
      runs = []
    }
    content = row.content
    runs.push([row.part, row.count, row.stored])
  }
  if (content !== undefined) yield { t: 'pieces', content, runs }
}

type KeptRow = [
  path: Path, first: bigint, last: bigint | null, type: KeptLine['type'], mode: bigint, uid: bigint, gid: bigint,
  user: string | null, group: string | null, mtime: bigint, ctime: bigint | null, inode: bigint | null,
  size: bigint | null, content: bigint | null, member: string | null, link: Path | null, device: string | null,
  attributes: string | null, sparse: bigint | null,
] // prettier-ignore

function* keptLines(db: Catalog): Generator<KeptLine> {
  const rows = db
    .prepare(
      `SELECT e.path, e.first, e.last, e.type, e.mode, o.uid, o.gid, o.user, o.grp, e.mtime, e.ctime, e.inode, e.size,
        e.content, e.member, e.link, e.device, a.data, e.sparse
      FROM entry e JOIN owner o ON o.id = e.owner LEFT JOIN attribute a ON a.id = e.attributes ORDER BY e.path, e.first`,
    )
    .safeIntegers()
    .raw()
    .iterate() as Iterable<KeptRow>
  const number = (value: bigint | null): number | null => (value === null ? null : Number(value))
  const text = (value: bigint | null): string | null => (value === null ? null : String(value))
  for (const row of rows) {
    const [path, first, last, type, mode, uid, gid, user, group, mtime, ctime, inode, size] = row
    const [content, member, link, device, attributes, sparse] = row.slice(13) as [
      bigint | null, string | null, Path | null, string | null, string | null, bigint | null,
    ] // prettier-ignore
    yield {
      t: 'kept',
      path: pathFromCatalog(path),
      first: Number(first),
      last: number(last),
      type,
      mode: Number(mode),
      uid: Number(uid),
      gid: Number(gid),
      user,
      group,
      mtime: String(mtime),
      ctime: text(ctime),
      inode: text(inode),
      size: number(size),
      content: number(content),
      member,
      link: link === null ? null : pathFromCatalog(link),
      device,
      ...(attributes === null ? {} : { attributes: JSON.parse(attributes) as Attributes }),
      ...(sparse === null ? {} : { sparse: true as const }),
    }
  }
}
