/** Puts one item into a chunk and tells what became of it. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { systemCode, systemText } from '../errors.ts'
import { ContentHash } from '../files/content-hash.ts'
import type { ManifestLine } from '../format/manifest.ts'
import { partName } from '../format/member-name.ts'
import { tarHeader, type TarHeaderFields } from '../format/tar-header.ts'
import type { ChunkWriter } from './chunk-writer.ts'
import { withStat } from './current-item.ts'
import {
  denseStretch,
  type FileLayout,
  layoutOf,
  memberSize,
  readSize,
  readStretch,
  sparsePart,
  sparseStretch,
  type Stretch,
} from './file-layout.ts'
import { entryLine } from './item-lines.ts'
import type { ItemResult, PackItem, PartOrder } from './protocol.ts'
import { rereadParts, type RunningHash } from './running-hash.ts'
import { identityOf, isBehindLink, isSame, openSource, readWhole, wholeFileBytes } from './source-file.ts'

export interface PackContext {
  readonly source: string
  readonly hash: 'sha256' | 'sha512'
  readonly backup: number
  readonly chunk: number
  readonly writer: ChunkWriter
  /** The hashes of split files whose parts this worker is storing, by content. */
  readonly running: Map<number, RunningHash>
  readonly note: (lines: readonly ManifestLine[]) => void
}

/** Throws only what is wrong with the destination; trouble with the source is in the result. */
export async function packItem(context: PackContext, item: PackItem): Promise<ItemResult> {
  if (item.record) {
    context.note(item.record)
    return { seq: item.seq, outcome: 'stored', bytes: 0 }
  }
  if (item.type === 'file') return packFile(context, item)
  const type = tarTypes[item.type]
  if (type) {
    const name = type === 'directory' ? `${item.member}/` : item.member
    // A folder that its owner cannot write to could not be filled by the chunks that follow.
    const mode = type === 'directory' ? item.mode | 0o700 : item.mode
    const link = type === 'symlink' && item.link !== null && item.link.isWellFormed() ? item.link : undefined
    if (type !== 'symlink' || link !== undefined) {
      const { link: _, ...fields } = item
      await context.writer.add(
        tarHeader({ ...fields, name, type, size: 0, mode, ...(link === undefined ? {} : { link }) }),
      )
    }
  }
  context.note([entryLine(item, context.backup, { size: null, content: null })])
  return { seq: item.seq, outcome: 'stored', bytes: 0 }
}

const tarTypes: Partial<Record<PackItem['type'], TarHeaderFields['type']>> = {
  dir: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
}

async function packFile(context: PackContext, item: PackItem): Promise<ItemResult> {
  let fd: number
  let stat: fs.BigIntStats
  try {
    ;({ fd, stat } = openSource(context.source, item.path))
  } catch (error) {
    return readFailure(item, error)
  }
  try {
    if (!stat.isFile()) return { seq: item.seq, outcome: 'again', message: 'is no longer a file', bytes: 0 }
    if (stat.ino !== item.inode && isBehindLink(context.source, item.path)) {
      const message = 'a folder above it turned into a symbolic link'
      return { seq: item.seq, outcome: 'failed', message, bytes: 0 }
    }
    const layout = layoutOf(fd, stat)
    if (item.part) return await packPart(context, item, item.part, fd, stat, layout)
    // The planned room is for the planned size; a larger file has to be planned again.
    if (Number(stat.size) > item.size) return changed(item)
    return item.size <= wholeFileBytes && !item.room
      ? await packWhole(context, { ...item, sparse: layout.isSparse }, fd, stat)
      : await packStream(context, { ...item, sparse: layout.isSparse }, fd, stat, layout)
  } finally {
    fs.closeSync(fd)
  }
}

/** Reads a small file at one go, so that what is stored is what was there at one time, or nearly. */
async function packWhole(
  context: PackContext,
  item: PackItem,
  fd: number,
  opened: fs.BigIntStats,
): Promise<ItemResult> {
  let stat = opened
  for (let attempt = 1; ; attempt++) {
    let data: Buffer
    let after: fs.BigIntStats
    try {
      data = readWhole(fd, item.size)
      after = fs.fstatSync(fd, { bigint: true })
    } catch (error) {
      return readFailure(item, error)
    }
    if (data.length > item.size) return changed(item)
    const steady = isSame(identityOf(stat), identityOf(after)) && data.length === Number(after.size)
    stat = after
    if (!steady && attempt < 3) continue
    const current = withStat(item, fd, stat, data.length)
    if (!current) return changed(item)
    const wait = context.writer.add(fileHeader(current, item.member, data.length), data)
    if (wait) await wait
    noteContent(context, current, createHash(context.hash).update(data).digest('hex'))
    return steady
      ? { seq: item.seq, outcome: 'stored', bytes: data.length }
      : { seq: item.seq, outcome: 'stored', bytes: data.length, message: 'changed while it was read' }
  }
}

async function packStream(
  context: PackContext,
  item: PackItem,
  fd: number,
  opened: fs.BigIntStats,
  { ranges }: FileLayout,
): Promise<ItemResult> {
  const size = Number(opened.size)
  const current = withStat(item, fd, opened, size)
  const stretch = item.room
    ? sparseStretch(ranges ?? [{ offset: 0, length: size }], 0, size, item.room)
    : denseStretch(0, size)
  if (!current || !stretch) return changed(item)
  const hash = new ContentHash(context.hash)
  const read = await streamMember(context, current, item.member, fd, stretch, [hash])
  if ('error' in read) return readFailure(item, read.error)
  const after = fs.fstatSync(fd, { bigint: true })
  // Shorter now: its member is no true content, and is not recorded.
  if (read.bytes < readSize(stretch) || after.size < opened.size) return changed(item)
  noteContent(context, current, hash.digest().toString('hex'))
  const steady = isSame(identityOf(opened), identityOf(after))
  return {
    seq: item.seq,
    outcome: 'stored',
    bytes: size,
    ...(steady ? {} : { message: 'changed while it was read' }),
  }
}

/** All parts of a file have to be of the same file: one that changes between two of them is begun anew. */
async function packPart(
  context: PackContext,
  item: PackItem,
  order: PartOrder,
  fd: number,
  stat: fs.BigIntStats,
  { ranges, isSparse }: FileLayout,
): Promise<ItemResult> {
  if (!isSame(identityOf(stat), item)) return changed(item)
  const running = context.running.get(item.content) ?? rereadParts(fd, order, context.hash, ranges)
  context.running.delete(item.content) // until this part, too, is stored
  const last = order.part === order.parts
  const stretch = running && stretchOfPart(item, order, running.offset, ranges)
  if (!stretch) return changed(item)
  const whole = running.hash
  const own = new ContentHash(context.hash)
  const name = partName(item.member, order.part, order.parts)
  const read = await streamMember(context, item, name, fd, stretch, [own, whole])
  if ('error' in read) return readFailure(item, read.error)
  if (read.bytes < readSize(stretch) || !isSame(identityOf(fs.fstatSync(fd, { bigint: true })), item))
    return changed(item)
  const digest = last ? whole.digest().toString('hex') : null
  if (!last) context.running.set(item.content, { hash: whole, offset: stretch.to })
  const lines: ManifestLine[] = [
    { t: 'content', id: item.content, size: item.size, hash: digest, parts: order.parts, chunk: null },
    {
      t: 'part',
      content: item.content,
      part: order.part,
      chunk: context.chunk,
      offset: stretch.from,
      size: stretch.to - stretch.from,
      hash: own.digest().toString('hex'),
    },
  ]
  if (last)
    lines.push(
      entryLine({ ...item, sparse: isSparse }, context.backup, { size: item.size, content: item.content }),
    )
  else {
    const identity = { mtime: String(item.mtime), ctime: String(item.ctime), inode: String(item.inode) }
    lines.push({ t: 'unfinished', content: item.content, path: item.path, ...identity })
  }
  context.note(lines)
  return { seq: item.seq, outcome: 'stored', bytes: stretch.to - stretch.from, partial: !last }
}

/** What of the file a part holds; undefined where it does not go on at `from`, to which the parts before it go. */
function stretchOfPart(
  item: PackItem,
  order: PartOrder,
  from: number,
  ranges: FileLayout['ranges'],
): Stretch | undefined {
  if (!item.room) return from === order.offset ? denseStretch(from, order.size) : undefined
  const part = { ...order, isLast: order.part === order.parts }
  return sparsePart(ranges ?? [{ offset: 0, length: item.size }], item.size, from, part, item.room)
}

async function streamMember(
  context: PackContext,
  item: PackItem,
  name: string,
  fd: number,
  stretch: Stretch,
  hashes: readonly ContentHash[],
): Promise<{ bytes: number } | { error: unknown }> {
  let bytes = 0
  let failure: unknown
  const pieces = readStretch(fd, stretch, hashes, (read) => (bytes += read))
  await context.writer.addStream(
    fileHeader(item, name, memberSize(stretch), stretch.sparse && stretch.to - stretch.from),
    caught(pieces, (error) => (failure = error)),
  )
  return failure === undefined ? { bytes } : { error: failure }
}

/** Ends at a read error instead of throwing it: the member has to be filled up all the same. */
function* caught<T>(values: Iterable<T>, onError: (error: unknown) => void): Generator<T> {
  try {
    yield* values
  } catch (error) {
    onError(error)
  }
}

const fileHeader = (
  item: PackItem,
  name: string,
  size: number,
  sparseSize?: number,
): ReturnType<typeof tarHeader> =>
  tarHeader({
    name,
    type: 'file',
    size,
    mode: item.mode,
    uid: item.uid,
    gid: item.gid,
    user: item.user,
    group: item.group,
    mtime: item.mtime,
    attributes: item.attributes,
    ...(sparseSize === undefined ? {} : { sparseSize }),
  })

function noteContent(context: PackContext, item: PackItem, hash: string): void {
  context.note([
    { t: 'content', id: item.content, size: item.size, hash, parts: 1, chunk: context.chunk },
    entryLine(item, context.backup, { size: item.size, content: item.content }),
  ])
}

const changed = (item: PackItem): ItemResult => ({
  seq: item.seq,
  outcome: 'again',
  message: 'changed while it was read',
  bytes: 0,
})

function readFailure(item: PackItem, error: unknown): ItemResult {
  const code = systemCode(error)
  const vanished = code === 'ENOENT' || code === 'ENOTDIR'
  const message = vanished
    ? 'vanished before it was read'
    : code === 'ELOOP'
      ? 'turned into a symbolic link'
      : `cannot read: ${systemText(error)}`
  return { seq: item.seq, outcome: 'failed', message, bytes: 0 }
}
