/** The chunks that the newest prune dropped, in `meta`: it may have stopped before it removed their files. */

import { type Catalog, getMeta, setMeta } from './working-catalog.ts'

const key = 'dropped'

export function recordDropped(
  db: Catalog,
  chunks: readonly { readonly number: number; readonly sha256: string }[],
): void {
  setMeta(db, key, JSON.stringify(Object.fromEntries(chunks.map(({ number, sha256 }) => [number, sha256]))))
}

/** SHA-256 by number. */
export function droppedChunks(db: Catalog): ReadonlyMap<number, string> {
  try {
    const chunks = JSON.parse(getMeta(db, key) ?? '{}') as Record<string, string>
    return new Map(Object.entries(chunks).map(([number, sha256]) => [Number(number), sha256]))
  } catch {
    return new Map() // it is not ours
  }
}

const checkpointKey = 'checkpoint'

/** The chunk of the newest checkpoint, or 0. */
export const checkpointOf = (db: Catalog): number => Number(getMeta(db, checkpointKey) ?? 0) || 0

export const recordCheckpoint = (db: Catalog, chunk: number): void =>
  setMeta(db, checkpointKey, String(chunk))
