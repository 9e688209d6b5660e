/** Puts one item into a chunk and tells what became of it. */

import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs'
import { systemCode, systemText } from '../errors.ts'
import type { ManifestLine } from '../format/manifest.ts'
import { partName } from '../format/member-name.ts'
import { tarHeader, type TarHeaderFields } from '../format/tar-header.ts'
import type { ChunkWriter } from './chunk-writer.ts'
import { withStat } from './current-item.ts'
import { entryLine } from './item-lines.ts'
import type { ItemResult, PackItem, PartOrder } from './protocol.ts'
import {
  hashRange,
  identityOf,
  isBehindLink,
  isSame,
  openSource,
  readRange,
  readWhole,
  wholeFileBytes,
} from './source-file.ts'

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

/** The hash of a split file's content as far as its parts are stored. */
export interface RunningHash {
  readonly hash: Hash
  offset: number
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
    if (item.part) return await packPart(context, item, item.part, fd, stat)
    // The planned room is for the planned size; a larger file has to be planned again.
    if (Number(stat.size) > item.size) return changed(item)
    return item.size <= wholeFileBytes
      ? await packWhole(context, item, fd, stat)
      : await packStream(context, item, fd, stat)
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
    await context.writer.add(fileHeader(current, item.member, data.length), data)
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
): Promise<ItemResult> {
  const size = Number(opened.size)
  const current = withStat(item, fd, opened, size)
  if (!current) return changed(item)
  const hash = createHash(context.hash)
  const read = await streamMember(context, fileHeader(current, item.member, size), fd, 0, [hash])
  if ('error' in read) return readFailure(item, read.error)
  if (read.bytes < size) return changed(item) // shorter now: its member is no true content, and is not recorded
  noteContent(context, current, hash.digest('hex'))
  const steady = isSame(identityOf(opened), identityOf(fs.fstatSync(fd, { bigint: true })))
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
): Promise<ItemResult> {
  if (!isSame(identityOf(stat), item)) return changed(item)
  const running = context.running.get(item.content) ?? rereadParts(fd, order, context.hash)
  context.running.delete(item.content) // until this part, too, is stored
  if (running?.offset !== order.offset) return changed(item)
  const whole = running.hash
  const own = createHash(context.hash)
  const header = fileHeader(item, partName(item.member, order.part, order.parts), order.size)
  const read = await streamMember(context, header, fd, order.offset, [own, whole])
  if ('error' in read) return readFailure(item, read.error)
  if (read.bytes < order.size || !isSame(identityOf(fs.fstatSync(fd, { bigint: true })), item))
    return changed(item)
  const last = order.part === order.parts
  const digest = last ? whole.digest('hex') : null
  if (!last) context.running.set(item.content, { hash: whole, offset: order.offset + order.size })
  const lines: ManifestLine[] = [
    { t: 'content', id: item.content, size: item.size, hash: digest, parts: order.parts, chunk: null },
    {
      t: 'part',
      content: item.content,
      part: order.part,
      chunk: context.chunk,
      offset: order.offset,
      size: order.size,
      hash: own.digest('hex'),
    },
  ]
  if (last) lines.push(entryLine(item, context.backup, { size: item.size, content: item.content }))
  else {
    const identity = { mtime: String(item.mtime), ctime: String(item.ctime), inode: String(item.inode) }
    lines.push({ t: 'unfinished', content: item.content, path: item.path, ...identity })
  }
  context.note(lines)
  return { seq: item.seq, outcome: 'stored', bytes: order.size, partial: !last }
}

/** The hash of the parts that an earlier run stored, if their bytes are still in the file. */
function rereadParts(fd: number, order: PartOrder, algorithm: string): RunningHash | undefined {
  const whole = createHash(algorithm)
  let offset = 0
  for (const before of order.before ?? []) {
    const own = createHash(algorithm)
    if (hashRange(fd, before.offset, before.size, [own, whole]) < before.size) return undefined
    if (own.digest('hex') !== before.hash) return undefined
    offset = before.offset + before.size
  }
  return { hash: whole, offset }
}

async function streamMember(
  context: PackContext,
  header: ReturnType<typeof tarHeader>,
  fd: number,
  offset: number,
  hashes: readonly Hash[],
): Promise<{ bytes: number } | { error: unknown }> {
  let bytes = 0
  let failure: unknown
  const pieces = readRange(fd, offset, header.size, (piece) => {
    bytes += piece.length
    for (const hash of hashes) hash.update(piece)
  })
  await context.writer.addStream(
    header,
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

const fileHeader = (item: PackItem, name: string, size: number): ReturnType<typeof tarHeader> =>
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
