/**
 * Finds the frames of zstd data by the sizes in it (RFC 8878, section 3.1), without reading their content.
 */

import { ButcherError } from '../errors.ts'
import type { BytesAt } from '../media/bytes-at.ts'
import type { BlocksAsIs, PackedStretch } from './packed-stretch.ts'

const frameMagic = 0xfd2fb528
/** Decoders skip frames with a magic from 0x184d2a50 to 0x184d2a5f. */
const skippableMagic = 0x184d2a50
/** Of a compressed block, section 3.1.1.2.4. */
const mostBlockBytes = 128 << 10
/** Magic, descriptor, window, dictionary and content size. */
const mostHeadBytes = 4 + 1 + 1 + 4 + 8
const blockHeaderBytes = 3
/** The content of smaller blocks would come in many pieces. */
const leastBlockBytes = 64 << 10
/** Headers of small blocks are read together. */
const readBytes = 4096

export async function* zstdFramesAt(packed: BytesAt): AsyncGenerator<PackedStretch> {
  const bytes = windowOf(packed)
  for (let at = 0; at < packed.sizeBytes;) {
    const head = await bytes(at, mostHeadBytes)
    const magic = head.length < 8 ? 0 : head.readUInt32LE(0)
    if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
      at += 8 + head.readUInt32LE(4)
      continue
    }
    if (magic !== frameMagic) throw damaged('it has something else than a frame')
    const { headBytes, plainBytes, hasChecksum } = frameHead(head)
    let end = at + headBytes
    let mostPlainBytes = 0
    let isExact = true
    let blockBytes: number | undefined
    let areAsIs = true
    for (let isLast = false; !isLast;) {
      const block = await bytes(end, blockHeaderBytes)
      if (block.length < blockHeaderBytes) throw damaged('it is cut short')
      const value = block.readUIntLE(0, 3)
      isLast = (value & 1) !== 0
      const kind = (value >> 1) & 3
      if (kind === 3) throw damaged('it holds a block of no known kind')
      end += blockHeaderBytes + (kind === 1 ? 1 : value >> 3)
      mostPlainBytes += kind === 2 ? mostBlockBytes : value >> 3
      if (kind === 2) isExact = false
      blockBytes ??= value >> 3
      areAsIs &&= kind === 0 && (isLast ? value >> 3 <= blockBytes : value >> 3 === blockBytes)
    }
    if (hasChecksum) end += 4
    if (end > packed.sizeBytes) throw damaged('it is cut short')
    const known = plainBytes ?? (isExact ? mostPlainBytes : undefined)
    const asIs: BlocksAsIs | undefined =
      areAsIs && blockBytes !== undefined && blockBytes >= leastBlockBytes && known === mostPlainBytes
        ? { firstAt: headBytes + blockHeaderBytes, blockBytes, headerBytes: blockHeaderBytes }
        : undefined
    yield { at, packedBytes: end - at, plainBytes: known, mostPlainBytes, asIs }
    at = end
  }
}

/** Section 3.1.1.1. */
function frameHead(head: Buffer): {
  readonly headBytes: number
  readonly plainBytes: number | undefined
  readonly hasChecksum: boolean
} {
  const descriptor = head[4] as number
  const isSingle = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const sizeField = descriptor >> 6
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][sizeField] as number
  const at = 5 + (isSingle ? 0 : 1) + dictionaryBytes
  if (head.length < at + sizeBytes) throw damaged('it is cut short')
  const plainBytes =
    sizeBytes === 0
      ? undefined
      : sizeBytes === 8
        ? Number(head.readBigUInt64LE(at))
        : head.readUIntLE(at, sizeBytes) + (sizeField === 1 ? 256 : 0)
  return { headBytes: at + sizeBytes, plainBytes, hasChecksum: (descriptor & 4) !== 0 }
}

/** Reads a few bytes at a time. */
function windowOf(packed: BytesAt): (at: number, length: number) => Promise<Buffer> {
  let start = 0
  let window: Buffer = Buffer.alloc(0)
  return async (at, length) => {
    if (at < start || at + length > start + window.length) {
      window = packed.readNow?.(at, readBytes) ?? (await packed.read(at, readBytes))
      start = at
    }
    return window.subarray(at - start, at - start + length)
  }
}

const damaged = (why: string): ButcherError => new ButcherError('damaged', `the zstd data is damaged: ${why}`)
