/**
 * The content of an encrypted message: one literal packet (RFC 9580, 5.9), perhaps in a compressed one (5.6).
 */

import { pipeline, Readable } from 'node:stream'
import zlib from 'node:zlib'
import { bodyOf, broken, ByteSource, packetTags, readHeader, smallBody } from './packets.ts'

/** The content of the message in `plain`. Supports one level of nested packets. Throws `damaged`. */
export async function* literalContent(
  plain: AsyncIterable<Uint8Array>,
  isInner = false,
): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(plain)
  try {
    const header = await firstHeader(source)
    if (header.tag === packetTags.compressed && !isInner) {
      yield* literalContent(inflated(new ByteSource(bodyOf(source, header))), true)
    } else if (header.tag === packetTags.literal) {
      const body = new ByteSource(bodyOf(source, header))
      const [, nameLength] = await body.exact(2)
      await body.exact((nameLength as number) + 4) // a name that nobody asked for, and a time
      for (let piece = await body.some(maxPiece); piece; piece = await body.some(maxPiece)) yield piece
    } else {
      throw broken('it holds something else than plain content')
    }
    if ((await source.some(1)) !== undefined) throw broken('something follows its content')
  } finally {
    await source.close()
  }
}

const maxPiece = 1 << 20
const maxMarkers = 100

async function firstHeader(source: ByteSource) {
  for (let markers = 0; markers < maxMarkers; markers++) {
    const header = await readHeader(source)
    if (header === undefined) throw broken('it holds nothing')
    if (header.tag !== packetTags.marker && header.tag !== packetTags.padding) return header
    await smallBody(source, header)
  }
  throw broken('it holds nothing but marks')
}

/** butcher writes no compressed packets, but gpg does by default. */
async function* inflated(body: ByteSource): AsyncGenerator<Uint8Array> {
  const kind = await body.byte()
  const rest = (async function* () {
    for (let piece = await body.some(maxPiece); piece; piece = await body.some(maxPiece)) yield piece
  })()
  if (kind === 0) return yield* rest
  if (kind !== 1 && kind !== 2) throw broken('it is compressed in a way that is not read')
  const inflate = kind === 1 ? zlib.createInflateRaw() : zlib.createInflate()
  pipeline(Readable.from(rest, { objectMode: false }), inflate, () => {}) // errors come out of it
  for await (const piece of inflate) yield piece as Uint8Array
}
