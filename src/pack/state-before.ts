/**
 * The state of a path in the previous backup. Decides whether a queued path differs from it in a way that
 * matters.
 */

import {
  folderFinder,
  hasEntries,
  previousAttributesFinder,
  type PreviousEntry,
  previousEntryFinder,
} from '../catalog/previous-entries.ts'
import { ctimeRefresher } from '../catalog/unfinished.ts'
import type { QueuedItem } from '../catalog/work-queue.ts'
import type { Catalog } from '../catalog/working-catalog.ts'
import { attributesAreKnown } from '../files/attributes.ts'
import { isFile } from '../format/entry-kind.ts'

/** The file that a hard link is another name of. */
export type LinkTarget = Pick<PreviousEntry, 'path' | 'type' | 'size' | 'content' | 'member' | 'sparse'>

export class StateBefore {
  readonly find: (path: string) => PreviousEntry | undefined
  readonly #attributes: (path: string) => string | null
  readonly #wasFolder: ((path: string) => boolean) | undefined
  readonly #updateEntry: ReturnType<typeof ctimeRefresher>
  /** Files that are unchanged except for ctime, inode, and which of their names comes first. */
  readonly refreshed = {
    files: 0,
    bytes: 0,
    /** Files that earlier runs of this backup stored, by their state in the backup before. */
    ofEarlierRuns: { new: 0, changed: 0, bytes: 0 },
  }
  readonly #backup: number

  constructor(db: Catalog, backup: number) {
    this.#backup = backup
    this.find = previousEntryFinder(db)
    this.#attributes = previousAttributesFinder(db)
    // A first backup has no folders to look for: this saves a million queries.
    this.#wasFolder = hasEntries(db) ? folderFinder(db) : undefined
    this.#updateEntry = ctimeRefresher(db)
  }

  /** Whether the path was a folder in an earlier backup. */
  wasFolder(path: string): boolean {
    return this.#wasFolder?.(path) === true
  }

  /**
   * Whether everything recorded for the path, except ctime and inode, is the same. Does not compare contents.
   */
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
   * The row to record for a file whose content is stored as `content`; undefined if the old row stays. A file
   * does not count as changed because another of its names came or went. But its row shows which name is
   * first. Without
   * `hasOwnTime`, its time is only that of its reading.
   */
  chooseRow(found: QueuedItem, content: number, sparse: boolean, hasOwnTime = true): QueuedItem | undefined {
    const previous = this.find(found.path)
    if (previous === undefined || previous.content !== content || previous.sparse !== sparse) return found
    const queued = hasOwnTime ? found : { ...found, mtime: previous.mtime }
    if (this.isSame(previous, queued)) return this.refreshCtime(previous, queued)
    const { type, link } = previous
    if (!isFile(previous) || !this.isSame(previous, { ...queued, type, link })) return queued
    // If an earlier run of this backup made the row, the file may still differ from the backup before.
    if (previous.first === this.#backup || queued.change === 'unchanged') return queued
    this.#countUnchanged(queued)
    return { ...queued, change: 'unchanged' }
  }

  /** A path that differs only in ctime and inode gets no new row. */
  refreshCtime(previous: PreviousEntry, queued: QueuedItem): undefined {
    // If this run cannot read attributes, a later run that can must compare them.
    if (attributesAreKnown) this.#updateEntry(queued.path, previous.first, queued.ctime, queued.inode)
    if (!isFile(queued)) return
    if (previous.first === this.#backup && (queued.change === 'new' || queued.change === 'changed')) {
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

/** The bytes of a file count once, whatever its number of names. */
const ownBytes = ({ type, size }: QueuedItem): number => (type === 'file' ? (size ?? 0) : 0)
