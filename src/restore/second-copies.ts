/**
 * If a chunk is damaged, another may have the same content: a `--full` backup stores everything again. Lost
 * contents get a plan of their own, with the same paths and the pieces of the other copy.
 */

import type Database from 'better-sqlite3'
import { collectDigests } from '../catalog/content-digests.ts'
import { planAllowances } from './chunk-allowance.ts'
import type { LostContents } from './lost-contents.ts'
import { planChunks } from './plan.ts'
import { contentPlanner } from './plan-contents.ts'
import { createPlan } from './plan-tables.ts'

/**
 * Plans, in `file`, copy number `turn` (from 0) of the lost contents of `plan`. Undefined if no content has
 * that many copies.
 */
export function planSecondCopies(
  catalog: Database.Database,
  plan: Database.Database,
  file: string,
  turn: number,
): Database.Database | undefined {
  const second = createPlan(file)
  second.exec('CREATE TEMP TABLE copy(id INTEGER PRIMARY KEY, content INTEGER NOT NULL)')
  const count = second.transaction(() => planContents(catalog, plan, second, turn))()
  if (count === 0) {
    second.close()
    return undefined
  }
  takeTargets(plan, second)
  second.transaction(() => {
    planPieces(catalog, second)
    planChunks(catalog, second)
    planAllowances(catalog, second)
  })()
  return second
}

/** Removes the contents that the second plan restored from the lost ones. */
export function recordFound(second: Database.Database, stillLost: LostContents, lost: LostContents): void {
  const contents = second.prepare('SELECT id FROM content').pluck().all() as number[]
  for (const content of contents) if (!stillLost.has(content)) lost.found(content)
}

interface LostContent {
  readonly id: number
  readonly size: number
  readonly hash: Uint8Array
}

/** The copies get the numbers of the contents that they replace. */
function planContents(
  catalog: Database.Database,
  plan: Database.Database,
  second: Database.Database,
  turn: number,
): number {
  const sizes = plan
    .prepare('SELECT DISTINCT c.size FROM temp.lost l JOIN content c ON c.id = l.content')
    .pluck()
    .all()
  collectDigests(catalog, 'SELECT value FROM json_each(?)', [JSON.stringify(sizes)])
  const find = catalog.prepare(
    `SELECT c.id FROM temp.digest d JOIN content c ON c.id = d.id
      WHERE d.size = ? AND d.hash = ? AND d.id <> ? ORDER BY d.id LIMIT 1 OFFSET ?`,
  )
  const add = second.prepare('INSERT INTO content VALUES (?, ?, ?, ?)')
  const addCopy = second.prepare('INSERT OR IGNORE INTO temp.copy VALUES (?, ?)')
  let count = 0
  const lost = plan.prepare('SELECT c.id, c.size, c.hash FROM temp.lost l JOIN content c ON c.id = l.content')
  for (const { id, size, hash } of lost.iterate() as Iterable<LostContent>) {
    const copy = find.get(size, hash, id, turn) as { readonly id: number } | undefined
    // Two lost contents may be equal. A copy restores only one of them in each turn.
    if (copy === undefined || addCopy.run(copy.id, id).changes === 0) continue
    add.run(id, size, hash, 0)
    count++
  }
  return count
}

function takeTargets(plan: Database.Database, second: Database.Database): void {
  for (const table of ['owner', 'attribute']) copyRows(plan, second, table, `SELECT * FROM ${table}`)
  const targets = 'SELECT t.* FROM temp.lost l JOIN target t ON t.content = l.content WHERE t.settled = 0'
  copyRows(plan, second, 'target', targets)
  second.exec('DELETE FROM target WHERE content NOT IN (SELECT id FROM content)')
}

function copyRows(from: Database.Database, to: Database.Database, table: string, query: string): void {
  const rows = from.prepare(query).raw()
  const add = to.prepare(`INSERT INTO ${table} VALUES (${rows.columns().map(() => '?').join(', ')})`) // prettier-ignore
  to.transaction(() => {
    for (const row of rows.iterate() as Iterable<unknown[]>) add.run(...row)
  })()
}

/** Any path that ever had a copy may have its member name, so all entries are scanned once. */
function planPieces(catalog: Database.Database, second: Database.Database): void {
  const copyOf = second.prepare('SELECT content FROM temp.copy WHERE id = ?').pluck()
  const find = contentPlanner(catalog, second)
  const count = second.prepare('UPDATE content SET parts = ? WHERE id = ?')
  const entries = catalog.prepare(
    `SELECT content, coalesce(member, path) AS member FROM entry WHERE type = 'file' AND content IS NOT NULL`,
  )
  for (const { content, member } of entries.iterate() as Iterable<{ content: number; member: unknown }>) {
    const original = copyOf.get(content) as number | undefined
    if (original === undefined || typeof member !== 'string') continue
    const copy = find(content, original)
    if (copy === undefined) continue
    copy.addMembers(member)
    count.run(copy.pieces, original)
  }
  second.exec('DELETE FROM target WHERE content NOT IN (SELECT content FROM piece)')
  second.exec('DELETE FROM content WHERE id NOT IN (SELECT content FROM piece)')
}
