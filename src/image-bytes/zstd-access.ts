/**
 * Random access to zstd: by frames. Their sizes stand in a seek table (the zstd seekable format,
 * contrib/seekable_format), or one pass finds them. The usual program writes one frame only, in which
 * decoding begins at its start alone.
 */

import zlib from 'node:zlib'
import { isSkippable } from '../compress/decode-lz4.ts'
import { zstdFrames } from '../compress/zstd-frames.ts'
import { ButcherError, systemText } from '../errors.ts'
import type { Restarts } from './restarts.ts'
import type { StoredBytes } from './stored-parts.ts'
import { mostStretchBytes, readStored, StretchBuilder, type Stretches } from './stretches.ts'

const seekTableMagic = 0x8f92eab1
const seekFooterBytes = 9
/** The seekable format's own limit, ZSTD_SEEKABLE_MAXFRAMES. */
const mostFrames = 0x800_0000

export const zstdRestarts: Restarts<null> = {
  find: async (stored, input) => bySeekTable(stored) ?? byFrames(stored, input),
  decoder: async (stored, stretches) => (i, length) => {
    const decoded = decodeFrame(readStored(stored, stretches, i), length)
    if (decoded === undefined) throw damaged('a frame is longer than the seek table says')
    return decoded
  },
}

function bySeekTable(stored: StoredBytes): Stretches<null> | undefined {
  const footer = Buffer.alloc(seekFooterBytes)
  if (stored.size < seekFooterBytes) return undefined
  stored.readSync(stored.size - seekFooterBytes, footer)
  const frames = footer.readUInt32LE(0)
  if (footer.readUInt32LE(5) !== seekTableMagic || frames === 0 || frames > mostFrames) return undefined
  const entryBytes = (footer[4] as number) >> 7 === 1 ? 12 : 8
  const tableBytes = 8 + frames * entryBytes
  const tableAt = stored.size - seekFooterBytes - tableBytes
  if (tableAt < 0) return undefined
  const table = Buffer.alloc(tableBytes)
  stored.readSync(tableAt, table)
  if (!isSkippable(table.readUInt32LE(0)) || table.readUInt32LE(4) !== table.length + 1) return undefined
  const [starts, offsets]: [number[], number[]] = [[], []]
  let [size, offset] = [0, 0]
  for (let at = 8; at < table.length; at += entryBytes) {
    const length = table.readUInt32LE(at + 4)
    if (length > mostStretchBytes || table.readUInt32LE(at) > mostStretchBytes) return undefined
    if (length > 0) {
      starts.push(size)
      offsets.push(offset)
    }
    offset += table.readUInt32LE(at)
    size += length
  }
  if (offset !== tableAt) return undefined
  return {
    size,
    starts,
    offsets: [...offsets, tableAt],
    points: starts.map(() => null),
    checksums: undefined,
  }
}

/** Bytes of a first frame after which there is little hope for small frames. */
const mostFirstFrameBytes = mostStretchBytes

async function byFrames(
  stored: StoredBytes,
  input: () => AsyncIterable<Uint8Array>,
): Promise<Stretches<null> | undefined> {
  if (await isOneFrame(stored)) return undefined
  const builder = new StretchBuilder<null>()
  let frame: Uint8Array[] = []
  let [offset, bytes] = [0, 0]
  for await (const piece of zstdFrames(input())) {
    frame.push(piece.bytes)
    bytes += piece.bytes.length
    if (bytes > mostStretchBytes) return undefined
    if (!piece.ends) continue
    const decoded = decodeFrame(Buffer.concat(frame), mostStretchBytes)
    if (decoded === undefined) return undefined
    // What follows a frame and gives no bytes is stored with it: decoding ends with the frame.
    if (decoded.length > 0) builder.begin(offset, null)
    builder.take(decoded)
    offset += bytes
    frame = []
    bytes = 0
  }
  return builder.stretches(stored.size)
}

/** Whether the first frame with data is all of the file, or too large. */
async function isOneFrame(stored: StoredBytes): Promise<boolean> {
  let bytes = 0
  let frameBytes = 0
  for await (const piece of zstdFrames(stored.stream())) {
    bytes += piece.bytes.length
    frameBytes += piece.bytes.length
    if (frameBytes > mostFirstFrameBytes) return true
    if (!piece.ends) continue
    // Smaller frames hold notes, or nothing.
    if (frameBytes > 64) return bytes === stored.size
    frameBytes = 0
  }
  return true
}

/**
 * The content size that the first frame states (RFC 8878, section 3.1.1.1). `zstd FILE` writes it, a pipe
 * cannot.
 */
export function statedZstdSize(stored: StoredBytes): number | undefined {
  const head = Buffer.alloc(18)
  stored.readSync(0, head)
  const descriptor = head[4] as number
  const isSingle = (descriptor & 0x20) !== 0
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number)
  if (isSkippable(head.readUInt32LE(0))) return undefined
  switch (descriptor >> 6) {
    case 0:
      return isSingle ? head.readUInt8(at) : undefined
    case 1:
      return head.readUInt16LE(at) + 256
    case 2:
      return head.readUInt32LE(at)
    default:
      return Number(head.readBigUInt64LE(at))
  }
}

/** The content of the frame at the beginning of `data`. Undefined if it is longer than `most`. */
function decodeFrame(data: Buffer, most: number): Buffer | undefined {
  try {
    return zlib.zstdDecompressSync(data, { maxOutputLength: Math.max(1, most) })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw damaged(systemText(error), error)
  }
}

const damaged = (why: string, cause?: unknown): ButcherError =>
  new ButcherError('damaged', `the zstd data is damaged: ${why}`, cause === undefined ? {} : { cause })
