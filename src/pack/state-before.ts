/** What the backup before has of a path, and whether a path of the queue is the same but for what means nothing. */

import {
  folderFinder,
  hasEntries,
  previousAttributesFinder,
  type PreviousEntry,
  previousEntryFinder,
} from '../catalog/previous-entries.ts'
import { entryToucher } from '../catalog/unfinished.ts'
import type { QueuedItem } from '../catalog/work-queue.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { attributesAreKnown } from '../files/attributes.ts'
import { isFile } from '../format/entry-kind.ts'

/** What a hard link is another name of. */
export type LinkTarget = Pick<PreviousEntry, 'path' | 'type' | 'size' | 'content' | 'member' | 'sparse'>

export class StateBefore {
  readonly find: (path: string) => PreviousEntry | undefined
  readonly #attributes: (path: string) => string | null
  readonly #wasFolder: ((path: string) => boolean) | undefined
  readonly #updateEntry: ReturnType<typeof entryToucher>
  /** Files that turned out to be unchanged but for ctime, inode and which of their names is the first. */
  readonly refreshed = {
    files: 0,
    bytes: 0,
    /** Those that earlier runs of the backup stored, by what they are to the backup before. */
    ofEarlierRuns: { new: 0, changed: 0, bytes: 0 },
  }
  readonly #backup: number

  constructor(db: Catalog, backup: number) {
    this.#backup = backup
    this.find = previousEntryFinder(db)
    this.#attributes = previousAttributesFinder(db)
    // Of a first backup a million paths need not be looked for.
    this.#wasFolder = hasEntries(db) ? folderFinder(db) : undefined
    this.#updateEntry = entryToucher(db)
  }

  /** Whether an earlier backup has the path as a folder. */
  wasFolder(path: string): boolean {
    return this.#wasFolder?.(path) === true
  }

  /** Whether all that is recorded of a path but ctime and inode is as it was; its content is not looked at. */
  isSame(previous: PreviousEntry, queued: QueuedItem): boolean {
    return (
      previous.type === queued.type &&
      previous.mtime === queued.mtime &&
      previous.mode === queued.mode &&
      previous.uid === queued.uid &&
      previous.gid === queued.gid &&
      previous.link === queued.link &&
      previous.device === queued.device &&
      (!attributesAreKnown || this.#attributes(queued.path) === queued.attributes)
    )
  }

  /**
   * What is to be recorded of a file whose content is stored as `content`; undefined if its row stays. A file is not
   * changed because another name of it came or went, but its row says which name is the first.
   */
  sameOrChanged(queued: QueuedItem, content: number, sparse: boolean): QueuedItem | undefined {
    const previous = this.find(queued.path)
    if (previous === undefined || previous.content !== content || previous.sparse !== sparse) return queued
    if (this.isSame(previous, queued)) return this.refreshCtime(previous, queued)
    const { type, link } = previous
    if (!isFile(previous) || !this.isSame(previous, { ...queued, type, link })) return queued
    // If an earlier run of this backup made the row, the file may be another than in the backup before.
    if (previous.first === this.#backup || queued.change === 'unchanged') return queued
    this.#countUnchanged(queued)
    return { ...queued, change: 'unchanged' }
  }

  /** A path that is the same but for ctime and inode gets no new row. */
  refreshCtime(previous: PreviousEntry, queued: QueuedItem): undefined {
    // Where attributes cannot be read, a run that can has to look at them.
    if (attributesAreKnown) this.#updateEntry(queued.path, previous.first, queued.ctime, queued.inode)
    if (!isFile(queued)) return
    if (previous.first === this.#backup && queued.change !== 'unchanged') {
      this.refreshed.ofEarlierRuns[queued.change]++
      this.refreshed.ofEarlierRuns.bytes += ownBytes(queued)
      return
    }
    this.#countUnchanged(queued)
  }

  #countUnchanged(queued: QueuedItem): void {
    this.refreshed.files++
    this.refreshed.bytes += ownBytes(queued)
  }
}

/** The bytes of a file count once, whatever names it has. */
const ownBytes = ({ type, size }: QueuedItem): number => (type === 'file' ? (size ?? 0) : 0)
