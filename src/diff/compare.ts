/** Compares the entries of the walk with the newest backup in the catalog. Both are ordered by path. */

import type { EntryState } from '../format/entry-state.ts'
import { comparePaths, isTextPath } from '../format/path-text.ts'

export type Change<New, Old> =
  | { readonly kind: 'new'; readonly entry: New; readonly previous?: undefined }
  | { readonly kind: 'changed'; readonly entry: New; readonly previous: Old }
  | { readonly kind: 'unchanged'; readonly entry: New; readonly previous: Old }
  | { readonly kind: 'gone'; readonly previous: Old; readonly entry?: undefined }

/** Reports one change for each path of either side. */
export class Comparison<New extends EntryState, Old extends EntryState> {
  readonly #previous: Iterator<Old>
  readonly #previousBytes: Map<string, Old>
  readonly #onChange: (change: Change<New, Old>) => void
  #old: IteratorResult<Old>

  /**
   * `previous` has the UTF-8 paths in order. `previousBytes` has the others, which the walk may yield in any
   * order.
   */
  constructor(
    previous: Iterator<Old>,
    previousBytes: Map<string, Old>,
    onChange: (change: Change<New, Old>) => void,
  ) {
    this.#previous = previous
    this.#previousBytes = previousBytes
    this.#onChange = onChange
    this.#old = previous.next()
  }

  /** Handles an entry of the walk. UTF-8 paths come in order. */
  see(entry: New): void {
    if (!isTextPath(entry.path)) {
      const match = this.#previousBytes.get(entry.path)
      this.#previousBytes.delete(entry.path)
      return this.#onChange(match ? compared(entry, match) : { kind: 'new', entry })
    }
    for (;;) {
      if (this.#old.done) return this.#onChange({ kind: 'new', entry })
      const previous = this.#old.value
      const order = previous.path === entry.path ? 0 : comparePaths(previous.path, entry.path)
      if (order > 0) return this.#onChange({ kind: 'new', entry })
      this.#onChange(order < 0 ? { kind: 'gone', previous } : compared(entry, previous))
      this.#old = this.#previous.next()
      if (order === 0) return
    }
  }

  /** The walk is finished. */
  end(): void {
    for (; !this.#old.done; this.#old = this.#previous.next()) {
      this.#onChange({ kind: 'gone', previous: this.#old.value })
    }
    for (const previous of this.#previousBytes.values()) this.#onChange({ kind: 'gone', previous })
  }

  /** Closes `previous`: its query keeps the connection busy. */
  close(): void {
    this.#previous.return?.()
  }
}

const compared = <New extends EntryState, Old extends EntryState>(
  entry: New,
  previous: Old,
): Change<New, Old> => ({
  kind: isUnchanged(entry, previous) ? 'unchanged' : 'changed',
  entry,
  previous,
})

/**
 * A file is unchanged if size, mtime, ctime and inode are the same; its content is not read. Other types are
 * compared by their recorded fields and ctime: a new ctime may mean new attributes.
 */
function isUnchanged(a: EntryState, b: EntryState): boolean {
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
