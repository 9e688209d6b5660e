/** Compares what the walk finds with what the catalog's newest backup has. Both are in the order of their paths. */

import type { EntryType } from '../format/manifest.ts'
import { comparePaths, isTextPath } from '../format/path-text.ts'

/** What of an entry takes part in the comparison. */
export interface Comparable {
  readonly path: string
  readonly type: EntryType
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly ctime: bigint
  readonly inode: bigint
  readonly size: number | null
  readonly link: string | null
  readonly device: string | null
}

export type Change<New, Old> =
  | { readonly kind: 'new'; readonly entry: New; readonly previous?: undefined }
  | { readonly kind: 'changed'; readonly entry: New; readonly previous: Old }
  | { readonly kind: 'unchanged'; readonly entry: New; readonly previous: Old }
  | { readonly kind: 'gone'; readonly previous: Old; readonly entry?: undefined }

/**
 * One change for each path of either side. `previous` holds the UTF-8 paths in order, `previousBytes` the others,
 * which the walk puts where it likes.
 */
export function* compare<New extends Comparable, Old extends Comparable>(
  found: Iterable<New>,
  previous: Iterator<Old>,
  previousBytes: Map<string, Old>,
): Generator<Change<New, Old>> {
  try {
    yield* merge(found, previous, previousBytes)
  } finally {
    // Where `found` throws, the query behind `previous` would keep its connection busy.
    previous.return?.()
  }
}

function* merge<New extends Comparable, Old extends Comparable>(
  found: Iterable<New>,
  previous: Iterator<Old>,
  previousBytes: Map<string, Old>,
): Generator<Change<New, Old>> {
  let old = previous.next()
  for (const entry of found) {
    if (!isTextPath(entry.path)) {
      const match = previousBytes.get(entry.path)
      previousBytes.delete(entry.path)
      yield match ? judged(entry, match) : { kind: 'new', entry }
      continue
    }
    while (!old.done && comparePaths(old.value.path, entry.path) < 0) {
      yield { kind: 'gone', previous: old.value }
      old = previous.next()
    }
    if (!old.done && old.value.path === entry.path) {
      yield judged(entry, old.value)
      old = previous.next()
    } else {
      yield { kind: 'new', entry }
    }
  }
  for (; !old.done; old = previous.next()) yield { kind: 'gone', previous: old.value }
  for (const left of previousBytes.values()) yield { kind: 'gone', previous: left }
}

const judged = <New extends Comparable, Old extends Comparable>(
  entry: New,
  previous: Old,
): Change<New, Old> => ({
  kind: isUnchanged(entry, previous) ? 'unchanged' : 'changed',
  entry,
  previous,
})

/**
 * A file counts as unchanged by size, mtime, ctime and inode, without being read; anything else by what is recorded of it,
 * and by ctime: where that alone is another, its attributes may be.
 */
function isUnchanged(a: Comparable, b: Comparable): boolean {
  const same =
    a.type === b.type &&
    a.mtime === b.mtime &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.link === b.link &&
    a.device === b.device &&
    a.ctime === b.ctime
  if (!same || (a.type !== 'file' && a.type !== 'hardlink')) return same
  return a.size === b.size && a.inode === b.inode
}
