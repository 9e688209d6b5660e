/**
 * Decompresses damaged data. The streams of a chunk are independent, so each is tried separately and, in a
 * broken bzip2 stream, each block. After a gap, data may be at the wrong position. The reader must find the
 * next member, and check it by its hash.
 */

import { ButcherError } from '../errors.ts'
import type { Compression } from '../format/layout.ts'
import { bzip2Blocks } from './bzip2-blocks.ts'
import { decompress } from './decompress.ts'

/** `missing` bytes are missing, or an unknown number. */
export interface Gap {
  readonly missing: number | undefined
}

export const isGap = (piece: Uint8Array | Gap): piece is Gap => !(piece instanceof Uint8Array)

/** The first bytes of a stream of each kind. */
const signatures: Readonly<Record<Exclude<Compression, 'none'>, RegExp>> = {
  bz2: /BZh[1-9]1AY&SY/g,
  gz: new RegExp(String.fromCharCode(0x1f, 0x8b, 0x08), 'g'),
  zstd: /\x28\xb5\x2f\xfd/g,
  xz: /\xfd7zXZ\0/g,
}

/** Streams are tried together up to these limits: starting a program for each one would take too long. */
const groupBytes = 4 << 20
const groupStreams = 16
/**
 * butcher's streams are 3.6 MB before compression. A longer stream is certainly broken, and is read in
 * pieces.
 */
const mostStreamBytes = 32 << 20
const mostPlainBytes = 128 << 20

export async function* decompressDamaged(
  input: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array | Gap> {
  if (compression === 'none') {
    yield* input
    return
  }
  const plain: PlainSizes = { ofStream: undefined }
  let group: Buffer[] = []
  let bytes = 0
  for await (const stream of splitStreams(input, signatures[compression])) {
    group.push(stream)
    bytes += stream.length
    if (bytes < groupBytes && group.length < groupStreams) continue
    yield* decodeGroup(group, compression, plain)
    group = []
    bytes = 0
  }
  yield* decodeGroup(group, compression, plain)
}

interface PlainSizes {
  /** The size of a sound stream after decompression: most are equal. */
  ofStream: number | undefined
}

/** Cuts at every possible start of a stream. `decodeGroup` joins the pieces of a wrong cut again. */
async function* splitStreams(input: AsyncIterable<Uint8Array>, signature: RegExp): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  const margin = 16
  for await (const bytes of input) {
    const searched = Math.max(1, rest.length - margin)
    rest = Buffer.concat([rest, bytes])
    const text = rest.toString('latin1', searched)
    let from = 0
    for (const match of text.matchAll(signature)) {
      const at = searched + match.index
      yield rest.subarray(from, at)
      from = at
    }
    rest = rest.subarray(from)
    if (rest.length > mostStreamBytes) {
      yield rest
      rest = Buffer.alloc(0)
    }
  }
  if (rest.length > 0) yield rest
}

async function* decodeGroup(
  group: readonly Buffer[],
  compression: Exclude<Compression, 'none'>,
  plain: PlainSizes,
): AsyncGenerator<Uint8Array | Gap> {
  if (group.length === 0) return
  const [pieces, isWhole] = await decode(Buffer.concat(group), compression)
  if (isWhole) {
    if (group.length === 1) plain.ofStream = Math.max(plain.ofStream ?? 0, lengthOf(pieces))
    yield* pieces
    return
  }
  if (group.length > 1) {
    const middle = group.length >> 1
    yield* decodeGroup(group.slice(0, middle), compression, plain)
    yield* decodeGroup(group.slice(middle), compression, plain)
    return
  }
  yield* compression === 'bz2'
    ? decodeBlocks(group[0] as Buffer, plain)
    : [...pieces, missingFrom(lengthOf(pieces), plain)]
}

/** The sound blocks of a stream. If there is one gap, its length follows from the size of other streams. */
async function* decodeBlocks(stream: Buffer, plain: PlainSizes): AsyncGenerator<Uint8Array | Gap> {
  const found: (Uint8Array | undefined)[] = []
  for (const block of bzip2Blocks(stream)) {
    const [pieces, isWhole] = await decode(block, 'bz2')
    const sound = isWhole ? Buffer.concat(pieces) : undefined
    if (sound !== undefined || found.length === 0 || found.at(-1) !== undefined) found.push(sound)
  }
  // The end of the stream may be missing, including the start of its last block.
  if (found.length === 0 || !found.includes(undefined)) found.push(undefined)
  const isOneGap = found.filter((block) => block === undefined).length === 1
  const length = lengthOf(found.filter((block) => block !== undefined))
  for (const block of found) yield block ?? (isOneGap ? missingFrom(length, plain) : { missing: undefined })
}

function missingFrom(length: number, { ofStream }: PlainSizes): Gap {
  return { missing: ofStream === undefined || ofStream < length ? undefined : ofStream - length }
}

const lengthOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, piece) => sum + piece.length, 0)

/** The decompressed pieces, and whether they are complete. */
async function decode(
  bytes: Buffer,
  compression: Compression,
): Promise<readonly [pieces: readonly Uint8Array[], isWhole: boolean]> {
  const pieces: Uint8Array[] = []
  let length = 0
  const whole = (async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
  })()
  try {
    for await (const piece of decompress(whole, compression)) {
      pieces.push(piece)
      length += piece.length
      if (length > mostPlainBytes) return [[], false]
    }
    return [pieces, true]
  } catch (error) {
    if (!(error instanceof ButcherError) || error.code !== 'damaged') throw error
    return [pieces, false]
  }
}
