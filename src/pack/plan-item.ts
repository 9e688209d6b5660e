/** Turns an item of the queue into the scheduler's plan and the worker's item. */

import type { OwnerNames } from '../files/owner-names.ts'
import { isFile } from '../format/entry-kind.ts'
import type { Compression } from '../format/layout.ts'
import type { EntryType, ManifestLine } from '../format/manifest.ts'
import { memberName } from '../format/member-name.ts'
import { tarHeader, tarMemberBytes } from '../format/tar-header.ts'
import type { PreviousEntry } from '../catalog/previous-entries.ts'
import type { QueuedItem } from '../catalog/work-queue.ts'
import { entryLine, manifestBound } from './item-lines.ts'
import type { PackItem, SparseRoom } from './item.ts'
import type { Planned } from './planned.ts'

/**
 * An item that waits to be packed. Tens of thousands can wait, so the other fields stay in the queue's
 * database until the item is sent.
 */
export interface Work {
  readonly seq: number
  readonly path: string
  /** The number under which a file's content is stored. */
  readonly content: number
  /** The state in the previous backup; undefined if the item is not a file. */
  readonly change: QueuedItem['change'] | undefined
  readonly sizeBytes: number
  readonly room?: SparseRoom
  /** Set if the item differs from the queue's row. */
  readonly item?: PackItem
}

function workOf(item: PackItem, queued: QueuedItem, kept: boolean): Work {
  return {
    seq: item.seq,
    path: item.path,
    content: item.content,
    change: isFile(queued) ? queued.change : undefined,
    sizeBytes: item.type === 'file' ? item.size : 0,
    ...(item.room ? { room: item.room } : {}),
    ...(kept ? { item } : {}),
  }
}

export function packItemOf(
  queued: QueuedItem,
  owners: OwnerNames,
  content: number,
  wasFolder = false,
): PackItem {
  return {
    seq: queued.seq,
    path: queued.path,
    type: queued.type as EntryType,
    mode: queued.mode,
    uid: queued.uid,
    gid: queued.gid,
    user: owners.user(queued.uid),
    group: owners.group(queued.gid),
    mtime: queued.mtime,
    ctime: queued.ctime,
    inode: queued.inode,
    size: queued.size ?? 0,
    link: queued.link,
    device: queued.device,
    attributes: queued.attributes,
    member: memberName(queued.path, wasFolder && queued.type !== 'dir'),
    content,
  }
}

/** A record: manifest lines without a tar member. */
export function planRecord(
  item: PackItem,
  queued: QueuedItem,
  record: readonly ManifestLine[],
  compression: Compression,
): Planned<Work> {
  const withLines = { ...item, record }
  return {
    item: workOf(withLines, queued, true),
    compression,
    bytes: 0,
    headerBytes: 0,
    manifestBytes: manifestBound(withLines),
    isStructure: false,
  }
}

interface RecordFacts {
  readonly owners: OwnerNames
  readonly backup: number
  readonly compression: Compression
}

/** A deleted path, or one of another type than before, which keeps the content of its previous entry. */
export function planRow(
  queued: QueuedItem,
  findPrevious: (path: string) => PreviousEntry | undefined,
  { owners, backup, compression }: RecordFacts,
): Planned<Work> {
  if (queued.type === 'gone') {
    const gone = packItemOf({ ...queued, type: 'file' }, owners, 0)
    return planRecord(gone, queued, [{ t: 'gone', path: queued.path, backup }], compression)
  }
  const { size = null, content = null, member = null, sparse = false } = findPrevious(queued.path) ?? {}
  const item = { ...packItemOf(queued, owners, content ?? 0), sparse }
  return planRecord(item, queued, [entryLine(item, backup, { size, content, member })], compression)
}

/** Lines that belong to no item of the queue. `seq` is a number that no item has. */
export function planLines(
  seq: number,
  record: readonly ManifestLine[],
  compression: Compression,
): Planned<Work> {
  const item: PackItem = {
    seq, path: '', type: 'file', mode: 0, uid: 0, gid: 0, user: null, group: null, mtime: 0n, ctime: 0n, inode: 0n, size: 0,
    link: null, device: null, attributes: null, member: '', content: 0, record,
  } // prettier-ignore
  const work: Work = { seq, path: '', content: 0, change: undefined, sizeBytes: 0, item }
  const manifestBytes = manifestBound(item)
  return { item: work, compression, bytes: 0, headerBytes: 0, manifestBytes, isStructure: false }
}

/** `kept`: the item differs from the queue's row. */
export function planItem(
  item: PackItem,
  queued: QueuedItem,
  compression: Compression,
  kept = false,
): Planned<Work> {
  const link = item.type === 'symlink' && item.link !== null ? { link: item.link } : {}
  const header = tarHeader({
    name: `${item.member}/`,
    type: 'file',
    size: 0,
    mode: 0,
    uid: item.uid,
    gid: item.gid,
    user: null,
    group: null,
    // The time may change before the item is packed, and any time may need a pax record.
    mtime: -1n,
    attributes: item.attributes,
    ...link,
    ...(item.room ? { sparseSize: item.size } : {}),
  })
  return {
    item: workOf(item, queued, kept),
    compression,
    // For a sparse file, the data counts here, and the map counts with the header.
    bytes: item.type === 'file' ? (item.room?.dataBytes ?? item.size) : 0,
    headerBytes: tarMemberBytes(header) + (item.room?.mapBytes ?? 0),
    manifestBytes: manifestBound(item),
    isStructure: item.type !== 'file',
  }
}
