/**
 * Handles files that already exist in the destination, so that a repeated restore has little left to read.
 */

import type Database from 'better-sqlite3'
import { pathFromCatalog } from '../format/path-text.ts'
import { type Metadata, type Missed, setMetadata } from './metadata.ts'
import { NotRestored } from './not-restored.ts'
import { attempt, hasContent, type Placing, standing } from './install-file.ts'
import type { ContentRow } from './plan-tables.ts'
import type { StandingNames } from './standing-names.ts'
import { below, FolderCheck } from './safe-path.ts'

interface Counts {
  readonly restored: (files: number, bytes: number) => void
  readonly fail: (path: string, reason: string) => void
  readonly missed: (path: string, missed: Missed) => void
}

type Row = Metadata &
  Pick<ContentRow, 'size' | 'hash'> & { readonly path: string | Uint8Array; readonly content: number }

/**
 * Removes existing files from the plan: with the right content, they get their metadata here; with another
 * content, they fail. Then removes the chunks that are no longer needed.
 */
export async function dropWhatStands(
  plan: Database.Database,
  placing: Placing,
  names: StandingNames,
  counts: Counts,
  pause: () => Promise<void>,
): Promise<void> {
  const folders = new FolderCheck(placing.destination)
  // Reads page by page, because the rows change meanwhile.
  const next = plan.prepare(
    `SELECT t.content, t.path, t.mode, t.seconds, t.nanoseconds, t.sparse, o.uid, o.gid,
      a.data AS attributes, c.size, c.hash
    FROM target t JOIN owner o ON o.id = t.owner LEFT JOIN attribute a ON a.id = t.attributes
    JOIN content c ON c.id = t.content
    WHERE (t.content, t.path) > (?, ?) ORDER BY t.content, t.path LIMIT 200`,
  )
  const update = plan.prepare('UPDATE target SET settled = ?, stood = ? WHERE content = ? AND path = ?')
  let last: { content: number; path: string | Uint8Array } = { content: Number.MIN_SAFE_INTEGER, path: '' }
  for (;;) {
    const rows = next.all(last.content, last.path) as Row[]
    if (rows.length === 0) break
    for (const row of rows) {
      last = row
      const state = stateOf(placing, names, folders, row, counts)
      if (state !== 'free')
        update.run(Number(state === 'settled'), Number(state === 'stood'), row.content, row.path)
    }
    await pause()
  }
  dropNeedless(plan)
}

/** Removes pieces and chunks that no path needs any more. */
export function dropNeedless(plan: Database.Database): void {
  plan.exec(`
    DELETE FROM piece WHERE NOT EXISTS
      (SELECT 1 FROM target t WHERE t.content = piece.content AND t.settled = 0);
    DELETE FROM chunk WHERE number NOT IN (SELECT chunk FROM piece);
  `)
}

type State = 'free' | 'stood' | 'settled'

function stateOf(
  placing: Placing,
  names: StandingNames,
  folders: FolderCheck,
  row: Row,
  counts: Counts,
): State {
  const name = pathFromCatalog(row.path)
  try {
    return attempt(() => {
      if (!folders.hasFolderOf(name)) return 'free' // reported later
      const final = below(placing.destination, name)
      const there = standing(placing, name)
      if (there === undefined) return 'free'
      names.check(name, there)
      if (there.isFile() && hasContent(final, there.size, row, placing.hash)) {
        counts.missed(name, setMetadata(final, row))
        counts.restored(1, row.size)
        return 'settled'
      }
      if (placing.overwrite) return 'stood'
      throw new NotRestored('something else is already there (--overwrite replaces it)')
    })
  } catch (error) {
    if (!(error instanceof NotRestored)) throw error
    counts.fail(name, error.message)
    return 'settled'
  }
}
