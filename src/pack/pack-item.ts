/** Puts one item into a chunk and returns the result. */

import fs from 'node:fs'
import { pieceListMember } from '../format/piece.ts'
import { tarHeader, type TarHeaderFields } from '../format/tar-header.ts'
import { layoutOf } from './file-layout.ts'
import { entryLine } from './item-lines.ts'
import { changed, type PackContext, readFailure } from './pack-context.ts'
import { packStream, packUnchanged, packWhole } from './pack-file.ts'
import { fileHeader } from './pack-member.ts'
import { packPart } from './pack-part.ts'
import { packPiece } from './pack-piece.ts'
import type { ItemResult } from './protocol.ts'
import type { PackItem } from './item.ts'
import { isBehindLink, openFile, wholeFileBytes } from './source-file.ts'

/** Throws only if the destination fails. Problems with the source are in the result. */
export async function packItem(context: PackContext, item: PackItem): Promise<ItemResult> {
  if (item.piece) return packPiece(context, item, item.piece)
  if (item.record) {
    if (item.pieceList !== undefined) {
      const text = Buffer.from(item.pieceList)
      await context.writer.add(fileHeader(item, pieceListMember(item.member), text.length), text)
    }
    context.addLines(item.record)
    return { seq: item.seq, outcome: 'stored', bytes: 0 }
  }
  if (item.type === 'file') return packFile(context, item)
  const type = tarTypes[item.type]
  if (type) {
    const name = type === 'directory' ? `${item.member}/` : item.member
    // Later chunks must be able to fill the folder when tar unpacks them.
    const mode = type === 'directory' ? item.mode | 0o700 : item.mode
    const link = type === 'symlink' && item.link !== null && item.link.isWellFormed() ? item.link : undefined
    if (type !== 'symlink' || link !== undefined) {
      const { link: _, ...fields } = item
      await context.writer.add(
        tarHeader({ ...fields, name, type, size: 0, mode, ...(link === undefined ? {} : { link }) }),
      )
    }
  }
  context.addLines([entryLine(item, context.backup, { size: null, content: null })])
  return { seq: item.seq, outcome: 'stored', bytes: 0 }
}

const tarTypes: Partial<Record<PackItem['type'], TarHeaderFields['type']>> = {
  dir: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
}

async function packFile(context: PackContext, item: PackItem): Promise<ItemResult> {
  let fd: number
  try {
    fd = openFile(context.source, item.path)
  } catch (error) {
    return readFailure(item, error)
  }
  try {
    const isSmall = item.size <= wholeFileBytes && !item.room && !item.part
    return (
      (isSmall && (await packUnchanged(context, item, fd))) || (await packOpen(context, item, fd, isSmall))
    )
  } finally {
    fs.closeSync(fd)
  }
}

/** A file that is large, or that may have changed since the walk. */
async function packOpen(
  context: PackContext,
  item: PackItem,
  fd: number,
  isSmall: boolean,
): Promise<ItemResult> {
  let stat: fs.BigIntStats
  try {
    stat = fs.fstatSync(fd, { bigint: true })
  } catch (error) {
    return readFailure(item, error)
  }
  if (!stat.isFile()) return { seq: item.seq, outcome: 'again', message: 'is no longer a file', bytes: 0 }
  if (stat.ino !== item.inode && isBehindLink(context.source, item.path)) {
    const message = 'a folder above it turned into a symbolic link'
    return { seq: item.seq, outcome: 'failed', message, bytes: 0 }
  }
  const layout = layoutOf(fd, stat)
  if (item.part) return packPart(context, item, item.part, fd, stat, layout)
  // The planned space is for the planned size: a larger file must be planned again.
  if (Number(stat.size) > item.size) return changed(item)
  const found = { ...item, sparse: layout.isSparse }
  return isSmall ? packWhole(context, found, fd, stat) : packStream(context, found, fd, stat, layout)
}
