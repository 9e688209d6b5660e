/** Finds the sound PAR2 packets in any file: a set's own, a damaged one, a disc image. */

import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { asButcherError, throwIfAborted } from '../errors.ts'
import { par2HeadBytes as headBytes, par2Magic as magic } from '../format/par2-file.ts'

export interface Packet {
  readonly file: string
  readonly offset: number
  readonly sizeBytes: number
  /** Hex. Packets with the same hash are equal. */
  readonly hash: string
  /** Hex. */
  readonly setId: string
  readonly kind: PacketKind
  /** The packet without its head, for the kinds that describe the set; else empty. */
  readonly body: Buffer
}

type PacketKind = 'main' | 'file' | 'blocks' | 'recovery' | 'creator' | 'other'

const kinds: Readonly<Record<string, PacketKind>> = {
  'PAR 2.0\0Main\0\0\0\0': 'main',
  'PAR 2.0\0FileDesc': 'file',
  'PAR 2.0\0IFSC\0\0\0\0': 'blocks',
  'PAR 2.0\0RecvSlic': 'recovery',
  'PAR 2.0\0Creator\0': 'creator',
}
const pieceBytes = 4 << 20
/** Far more than a recovery block of the largest medium. */
const mostPacketBytes = 1 << 30
/** For the packets that describe the set: at most 32,768 files and blocks. */
const mostBodyBytes = 1 << 20

/**
 * The packets in `file`, in order, among any other data. Calls `onBytes` with its progress. Throws `io`,
 * `aborted`.
 */
export async function* scanPackets(
  file: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Packet> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  }
  const buffer = Buffer.allocUnsafeSlow(pieceBytes)
  try {
    for (let at = 0; ;) {
      throwIfAborted(signal)
      const read = await readAt(handle, buffer, at)
      if (read < headBytes) return
      const found = buffer.subarray(0, read).indexOf(magic)
      const before = found === -1 ? read - magic.length + 1 : found
      onBytes(before)
      at += before
      if (found === -1) continue
      const packet = await packetAt(handle, at)
      if (packet) yield { ...packet, file }
      const passed = packet?.sizeBytes ?? magic.length
      onBytes(passed)
      at += passed
    }
  } catch (error) {
    throw asButcherError(error, 'cannot read', file)
  } finally {
    await handle.close()
  }
}

async function packetAt(handle: FileHandle, offset: number): Promise<Omit<Packet, 'file'> | undefined> {
  const head = Buffer.alloc(headBytes)
  if ((await readAt(handle, head, offset)) < headBytes) return undefined
  const sizeBytes = Number(head.readBigUInt64LE(8))
  if (sizeBytes < headBytes || sizeBytes % 4 !== 0 || sizeBytes > mostPacketBytes) return undefined
  const hash = createHash('md5').update(head.subarray(32))
  const kind = kinds[head.toString('latin1', 48, 64)] ?? 'other'
  const keeps = kind !== 'recovery' && kind !== 'other' && sizeBytes <= mostBodyBytes
  const kept: Buffer[] = []
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, sizeBytes))
  for (let done = headBytes; done < sizeBytes;) {
    const piece = buffer.subarray(0, Math.min(buffer.length, sizeBytes - done))
    const read = await readAt(handle, piece, offset + done)
    if (read < piece.length) return undefined
    hash.update(piece)
    if (keeps) kept.push(Buffer.from(piece))
    done += read
  }
  if (!hash.digest().equals(head.subarray(16, 32))) return undefined
  return {
    offset,
    sizeBytes,
    hash: head.toString('hex', 16, 32),
    setId: head.toString('hex', 32, 48),
    kind,
    body: Buffer.concat(kept),
  }
}

/** Reads until `buffer` is full or the file ends. */
async function readAt(handle: FileHandle, buffer: Buffer, offset: number): Promise<number> {
  let done = 0
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}
