/**
 * Puts a whole file into a chunk. A file up to `wholeFileBytes` is read at once, so its hash is known before
 * it is written. A content that this run has already stored is not stored again.
 */

import { hash as hashOf } from 'node:crypto'
import fs from 'node:fs'
import { ContentHash, hashOpenFile } from '../files/content-hash.ts'
import { withStat } from './current-item.ts'
import { denseRange, type FileLayout, layoutOf, readSize, sparseRange } from './file-layout.ts'
import { entryLine } from './item-lines.ts'
import { changed, type PackContext, readFailure } from './pack-context.ts'
import { fileHeader, streamMember } from './pack-member.ts'
import type { ItemResult } from './protocol.ts'
import type { PackItem } from './item.ts'
import { identityOf, isSame, readWhole, wholeFileBytes } from './source-file.ts'

/**
 * Stores the file if it is still the one that the walk saw. This is checked before any byte is used.
 * Otherwise stores nothing and returns undefined.
 */
export async function packUnchanged(
  context: PackContext,
  item: PackItem,
  fd: number,
): Promise<ItemResult | undefined> {
  let data: Buffer
  let stat: fs.BigIntStats
  try {
    data = readWhole(fd, item.size, item.size)
    stat = fs.fstatSync(fd, { bigint: true })
  } catch (error) {
    return isFile(fd) ? readFailure(item, error) : undefined
  }
  if (data.length !== item.size || !stat.isFile() || !isSame(identityOf(stat), item)) return undefined
  const { isSparse } = layoutOf(fd, stat)
  return store(context, isSparse ? { ...item, sparse: true } : item, data, true)
}

function isFile(fd: number): boolean {
  try {
    return fs.fstatSync(fd).isFile()
  } catch {
    return true
  }
}

/** Reads a small file at once, so that the stored bytes are from (almost) one moment. */
export async function packWhole(
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
    const result = await store(context, current, data, false)
    return steady ? result : { ...result, message: 'changed while it was read' }
  }
}

/** `isAsQueued`: the file matches the queue's row. */
async function store(
  context: PackContext,
  item: PackItem,
  data: Uint8Array,
  isAsQueued: boolean,
): Promise<ItemResult> {
  const hash = hashOf(context.hash, data)
  const copied = copyOf(context, item, hash, isAsQueued)
  if (copied) return copied
  const wait = context.writer.add(fileHeader(item, item.member, data.length), data)
  if (wait) await wait
  recordContent(context, item, hash)
  return { seq: item.seq, outcome: 'stored', bytes: data.length }
}

/**
 * The result for a file whose content is already stored. If it is in this chunk, an entry refers to it. If it
 * is in another, the entry follows at the end of the run: a manifest may only refer to chunks that are on
 * their discs.
 */
function copyOf(
  context: PackContext,
  item: PackItem,
  hash: string,
  isAsQueued: boolean,
): ItemResult | undefined {
  if (item.size === 0 || item.mustStore === true) return undefined
  const stored = context.seen.find(hash)
  if (stored) {
    context.addLines([entryLine(item, context.backup, { size: item.size, ...stored })])
    return { seq: item.seq, outcome: 'copied', bytes: item.size }
  }
  // `seenElsewhere` also records the hash, so that later files with this content need not be stored.
  if (!context.seen.seenElsewhere(hash) || !isAsQueued) return undefined
  return { seq: item.seq, outcome: 'copy', hash, bytes: item.size }
}

export async function packStream(
  context: PackContext,
  item: PackItem,
  fd: number,
  opened: fs.BigIntStats,
  { ranges }: FileLayout,
): Promise<ItemResult> {
  const size = Number(opened.size)
  const current = withStat(item, fd, opened, size)
  const range = item.room
    ? sparseRange(ranges ?? [{ offset: 0, length: size }], 0, size, item.room)
    : denseRange(0, size)
  if (!current || !range) return changed(item)
  if (size <= wholeFileBytes) {
    const copied = copyOfSparse(context, current, fd, opened, isSame(identityOf(opened), item))
    if (copied) return copied
  }
  const hash = new ContentHash(context.hash)
  const read = await streamMember(context, current, item.member, fd, range, [hash])
  if ('error' in read) return readFailure(item, read.error)
  const after = fs.fstatSync(fd, { bigint: true })
  // The file became shorter: its member is wrong, and is not recorded.
  if (read.bytes < readSize(range) || after.size < opened.size) return changed(item)
  recordContent(context, current, hash.digest().toString('hex'))
  const steady = isSame(identityOf(opened), identityOf(after))
  return {
    seq: item.seq,
    outcome: 'stored',
    bytes: size,
    ...(steady ? {} : { message: 'changed while it was read' }),
  }
}

/** A small file with holes is read twice. */
function copyOfSparse(
  context: PackContext,
  item: PackItem,
  fd: number,
  opened: fs.BigIntStats,
  isAsQueued: boolean,
): ItemResult | undefined {
  try {
    const hash = hashOpenFile(fd, context.hash).toString('hex')
    const isSteady = isSame(identityOf(opened), identityOf(fs.fstatSync(fd, { bigint: true })))
    return isSteady ? copyOf(context, item, hash, isAsQueued) : undefined
  } catch {
    return undefined // the next read reports the error
  }
}

function recordContent(context: PackContext, item: PackItem, hash: string): void {
  context.addLines([
    { t: 'content', id: item.content, size: item.size, hash, parts: 1, chunk: context.chunk },
    entryLine(item, context.backup, { size: item.size, content: item.content }),
  ])
  if (item.size > 0 && item.size <= wholeFileBytes)
    context.seen.record(hash, { content: item.content, member: item.member })
}
