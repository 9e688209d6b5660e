/** Puts one part of a file into a chunk. */

import fs from 'node:fs'
import { ContentHash } from '../files/content-hash.ts'
import type { ManifestLine } from '../format/manifest.ts'
import { partName } from '../format/member-name.ts'
import { denseRange, type FileLayout, readSize, sparsePart, type FileRange } from './file-layout.ts'
import { entryLine } from './item-lines.ts'
import { changed, type PackContext, readFailure } from './pack-context.ts'
import { streamMember } from './pack-member.ts'
import type { ItemResult } from './protocol.ts'
import type { PackItem, PartOrder } from './item.ts'
import { rereadParts, startAlone } from './running-hash.ts'
import { identityOf, isSame } from './source-file.ts'

/** All parts must be of the same file. If it changes between two parts, it starts again. */
export async function packPart(
  context: PackContext,
  item: PackItem,
  order: PartOrder,
  fd: number,
  stat: fs.BigIntStats,
  { ranges, isSparse }: FileLayout,
): Promise<ItemResult> {
  if (!isSame(identityOf(stat), item)) return changed(item)
  const running = context.isAlone
    ? startAlone(fd, order, context.hash, item.room && (ranges ?? [{ offset: 0, length: item.size }]))
    : (context.running.get(item.content) ?? rereadParts(fd, order, context.hash, ranges))
  context.running.delete(item.content) // until this part is stored
  const last = order.part === order.parts
  const range = running && rangeOfPart(item, order, running.offset, ranges)
  if (!range) return changed(item)
  const whole = running.hash
  const own = new ContentHash(context.hash)
  const name = partName(item.member, order.part, order.parts)
  const hashes = context.isAlone && !last ? [own] : [own, whole]
  const read = await streamMember(context, item, name, fd, range, hashes)
  if ('error' in read) return readFailure(item, read.error)
  if (read.bytes < readSize(range) || !isSame(identityOf(fs.fstatSync(fd, { bigint: true })), item))
    return changed(item)
  const digest = last ? whole.digest().toString('hex') : null
  if (!last && !context.isAlone) context.running.set(item.content, { hash: whole, offset: range.to })
  const lines: ManifestLine[] = [
    { t: 'content', id: item.content, size: item.size, hash: digest, parts: order.parts, chunk: null },
    {
      t: 'part',
      content: item.content,
      part: order.part,
      chunk: context.chunk,
      offset: range.from,
      size: range.to - range.from,
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
  context.addLines(lines)
  return { seq: item.seq, outcome: 'stored', bytes: range.to - range.from, partial: !last }
}

/**
 * The range of the file that a part holds. Undefined if it does not continue at `from`, the end of the part
 * before.
 */
function rangeOfPart(
  item: PackItem,
  order: PartOrder,
  from: number,
  ranges: FileLayout['ranges'],
): FileRange | undefined {
  if (!item.room) return from === order.offset ? denseRange(from, order.size) : undefined
  const part = { ...order, isLast: order.part === order.parts }
  return sparsePart(ranges ?? [{ offset: 0, length: item.size }], item.size, from, part, item.room)
}
