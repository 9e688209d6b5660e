/** Tells the compression from the first bytes. Names are often wrong or have no ending. */

import { isSkippable, lz4LegacyMagic, lz4Magic } from '../compress/decode-lz4.ts'
import type { Wrapping } from './image-bytes.ts'

/** The first bytes that `sniff` looks at. zstd and lz4 files may begin with frames that decoders skip. */
export const sniffedBytes = 65_536

const zstdMagic = 0xfd2fb528
/** A block, or the end of a stream that holds nothing. */
const bzip2Marks = ['1AY&SY', '\x17rE8P\x90']

export function sniff(head: Buffer): Wrapping | null {
  if (head.length < 4) return null
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip'
  const text = head.toString('latin1', 0, 10)
  if (text.startsWith('\xfd7zXZ\0')) return 'xz'
  // The second mark begins an archive without files.
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return 'zip'
  if (/^BZh[1-9]/.test(text) && bzip2Marks.includes(text.slice(4))) return 'bzip2'
  for (let at = 0; at + 4 <= head.length;) {
    const magic = head.readUInt32LE(at)
    if (magic === lz4Magic || magic === lz4LegacyMagic) return 'lz4'
    if (magic === zstdMagic) return 'zstd'
    if (!isSkippable(magic)) return null
    // Both formats skip the same frames. Only zstd's programs write large ones.
    if (at + 8 > head.length) return 'zstd'
    at += 8 + head.readUInt32LE(at + 4)
    if (at + 4 > head.length) return 'zstd'
  }
  return null
}
