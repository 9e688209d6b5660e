/** Counts the changes since the previous backup, even if earlier runs stored some of them. */

import { type EarlierRuns, earlierRuns, type EntryBefore } from '../../catalog/earlier-runs.ts'
import type { PreviousEntry } from '../../catalog/previous-entries.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import type { Change } from '../../diff/compare.ts'
import { isFile } from '../../format/entry-kind.ts'
import { memberName } from '../../format/member-name.ts'
import type { SourceEntry } from '../../ingest/source-entry.ts'
import type { UnreadPaths } from '../../ingest/unread-paths.ts'

export interface ChangeCounts {
  readonly filesNew: number
  readonly filesChanged: number
  readonly filesUnchanged: number
  readonly filesDeleted: number
  /** Bytes of the new and changed files. */
  readonly bytesSource: number
  /** The part that earlier runs of the same backup stored. */
  readonly before: FilesBefore
}

export interface FilesBefore {
  readonly new: number
  readonly changed: number
  readonly bytes: number
  /** Files whose content was already known. */
  readonly copies: number
  readonly changedCopies: number
  readonly copyBytes: number
}

type SourceChange = Change<SourceEntry, PreviousEntry>
type Kind = 'new' | 'changed' | 'unchanged'

export class ChangeCounter {
  readonly #backup: number
  readonly #earlier: EarlierRuns | undefined
  readonly #unread: UnreadPaths
  readonly #files = { new: 0, changed: 0, unchanged: 0, deleted: 0, bytes: 0 }
  readonly #before = { new: 0, changed: 0, bytes: 0, copies: 0, changedCopies: 0, copyBytes: 0 }

  constructor(db: Catalog, backup: number, unread: UnreadPaths) {
    this.#backup = backup
    this.#earlier = earlierRuns(db, backup)
    this.#unread = unread
    this.#files.deleted = this.#earlier?.filesGone ?? 0
  }

  get counts(): ChangeCounts {
    const { new: filesNew, changed, unchanged, deleted, bytes } = this.#files
    return {
      filesNew,
      filesChanged: changed,
      filesUnchanged: unchanged,
      filesDeleted: deleted,
      bytesSource: bytes,
      before: { ...this.#before },
    }
  }

  /** Counts a change, and returns its kind compared with the previous backup. */
  count(change: SourceChange): Kind {
    const { entry, previous } = change
    const before = this.#entryBefore(change)
    const wasFile = before?.isFile === true
    // It was counted as deleted, and exists again.
    if (change.kind === 'new' && wasFile) this.#files.deleted--
    if (entry === undefined) {
      if (wasFile) this.#countGone(previous.path)
      return 'changed'
    }
    if (!isFile(entry)) {
      if (wasFile) this.#files.deleted++
      return change.kind
    }
    const isSame = change.kind === 'unchanged' && before?.isSame === true
    const kind = isSame ? 'unchanged' : wasFile ? 'changed' : 'new'
    this.#files[kind]++
    if (kind === 'unchanged') return kind
    const bytes = entry.type === 'file' ? (entry.size ?? 0) : 0
    this.#files.bytes += bytes
    if (change.kind === 'unchanged') this.#countBefore(kind, bytes, change.previous, before)
    return kind
  }

  /** The path's entry in the previous backup, whatever earlier runs of this one recorded. */
  #entryBefore({ entry, previous }: SourceChange): EntryBefore | undefined {
    if (previous !== undefined && previous.first < this.#backup)
      return { isFile: isFile(previous), isSame: true, hasSameContent: true }
    return this.#earlier?.entryBefore((entry ?? previous).path)
  }

  #countGone(path: string): void {
    const over = this.#unread.over(path)
    if (over === undefined) this.#files.deleted++
    else this.#unread.countFile(over)
  }

  #countBefore(
    kind: 'new' | 'changed',
    bytes: number,
    { path, type, member }: PreviousEntry,
    before: EntryBefore | undefined,
  ): void {
    this.#before[kind]++
    this.#before.bytes += bytes
    const isOther = member !== null && member !== memberName(path) && member !== memberName(path, true)
    if (type !== 'file' || !(isOther || before?.hasSameContent === true)) return
    this.#before.copies++
    if (kind === 'changed') this.#before.changedCopies++
    this.#before.copyBytes += bytes
  }
}
