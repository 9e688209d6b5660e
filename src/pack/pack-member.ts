/** Adds the member of a file, or of a part of one, piece by piece. */

import type { ContentHash } from '../files/content-hash.ts'
import { tarHeader, type TarHeader } from '../format/tar-header.ts'
import { memberSize, readFileRange, type FileRange } from './file-layout.ts'
import type { PackContext } from './pack-context.ts'
import type { PackItem } from './item.ts'

/** Returns the number of bytes read, or the read error. After an error, zeros fill the rest of the member. */
export async function streamMember(
  context: PackContext,
  item: PackItem,
  name: string,
  fd: number,
  range: FileRange,
  hashes: readonly ContentHash[],
): Promise<{ bytes: number } | { error: unknown }> {
  let bytes = 0
  let failure: unknown
  const pieces = readFileRange(fd, range, hashes, (read) => {
    bytes += read
    context.onRead(read)
  })
  await context.writer.addStream(
    fileHeader(item, name, memberSize(range), range.sparse && range.to - range.from),
    caught(pieces, (error) => (failure = error)),
  )
  return failure === undefined ? { bytes } : { error: failure }
}

/** Ends at a read error instead of throwing it, because the member must still be filled up. */
function* caught<T>(values: Iterable<T>, onError: (error: unknown) => void): Generator<T> {
  try {
    yield* values
  } catch (error) {
    onError(error)
  }
}

export const fileHeader = (item: PackItem, name: string, size: number, sparseSize?: number): TarHeader =>
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
