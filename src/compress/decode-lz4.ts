/**
 * lz4 frames (the LZ4 frame format, version 1.6), also those of the legacy format, end to end. Node has no
 * decoder. The packages on npm ignore frames after the first, or stop silently at a cut.
 */

import { ButcherError } from '../errors.ts'
import { ByteSource } from './byte-source.ts'
import { decodeLz4Block, lz4WindowBytes } from './lz4-block.ts'
import { newXxh32, type Xxh32 } from './xxh32.ts'

export const lz4Magic = 0x184d2204
export const lz4LegacyMagic = 0x184c2102
/** Decoders skip frames with a magic from 0x184d2a50 to 0x184d2a5f. */
const skippableMagic = 0x184d2a50
export const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === skippableMagic

/** Every legacy block has this size but the last one of a frame. */
const legacyBlockBytes = 8 << 20
/** By the three bits of the frame descriptor, from 4 on. */
const blockSizes = [64 << 10, 256 << 10, 1 << 20, 4 << 20]

/** How the blocks of a frame are written. */
export interface Lz4BlockForm {
  readonly blockBytes: number
  /** Blocks refer to the 64 KiB before them. */
  readonly isLinked: boolean
  readonly isLegacy: boolean
  readonly hasBlockChecksums: boolean
}

interface Lz4Frame extends Lz4BlockForm {
  readonly contentBytes: number | undefined
  readonly content: Xxh32 | undefined
}

/** A block of which decoding can begin. */
export interface Lz4Block {
  /** The offset of its size field in the stream. */
  readonly at: number
  readonly frame: Lz4BlockForm
  /** The first one of its frame. */
  readonly isFirst: boolean
  /** The bytes before it that it may refer to. Valid only during the call. */
  readonly window: Uint8Array
}

/**
 * Throws `damaged`, after all good data. `onBlock` is called for each block, before its data is passed on.
 */
export async function* decodeLz4(
  input: AsyncIterable<Uint8Array>,
  onBlock: (block: Lz4Block) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(input)
  let frames = 0
  try {
    while (await source.fill(1)) {
      const magic = await field(source)
      if (isSkippable(magic)) {
        if (!(await source.pass(await field(source)))) throw cutShort()
        continue
      }
      if (magic === lz4LegacyMagic) yield* blocksOf(source, legacyFrame(), onBlock)
      else if (magic === lz4Magic) yield* blocksOf(source, await readDescriptor(source), onBlock)
      else throw damaged(frames === 0 ? 'it is not lz4 data' : 'data follows its end')
      frames++
    }
    if (frames === 0) throw cutShort()
  } finally {
    await source.close()
  }
}

async function* blocksOf(
  source: ByteSource,
  frame: Lz4Frame,
  onBlock: (block: Lz4Block) => void,
): AsyncGenerator<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow((frame.isLinked ? lz4WindowBytes : 0) + frame.blockBytes)
  let windowBytes = 0
  let contentBytes = 0
  for (;;) {
    const at = source.offset
    // A legacy frame ends with the stream, or before the magic of another frame.
    if (frame.isLegacy) {
      if (!(await source.fill(1))) return
      if ((await source.fill(4)) && isMagic(source.ready.readUInt32LE(0))) return
    }
    const size = await field(source)
    if (size === 0 && !frame.isLegacy) break
    onBlock({ at, frame, isFirst: contentBytes === 0, window: memory.subarray(0, windowBytes) })
    const isStored = size >= 0x8000_0000 && !frame.isLegacy
    const packed = await packedBlock(source, isStored ? size - 0x8000_0000 : size, frame)
    const end = isStored ? store(packed, memory, windowBytes) : decodeLz4Block(packed, memory, windowBytes, 0)
    if (end < 0 || end - windowBytes > frame.blockBytes) throw damaged('a block is corrupt')
    const data = Buffer.from(memory.subarray(windowBytes, end))
    contentBytes += data.length
    frame.content?.update(data)
    yield data
    if (!frame.isLinked) continue
    const kept = Math.min(end, lz4WindowBytes)
    memory.copyWithin(0, end - kept, end)
    windowBytes = kept
  }
  if (frame.content && (await field(source)) !== frame.content.digest()) {
    throw damaged('its checksum does not match')
  }
  if (frame.contentBytes !== undefined && frame.contentBytes !== contentBytes) {
    throw damaged(`it holds ${contentBytes} bytes, and says ${frame.contentBytes}`)
  }
}

async function packedBlock(source: ByteSource, size: number, frame: Lz4Frame): Promise<Buffer> {
  // lz4's own bound of a compressed block: 1/255 and 16 bytes more (LZ4_COMPRESSBOUND).
  if (size > frame.blockBytes + Math.ceil(frame.blockBytes / 255) + 16) throw damaged('a block is too large')
  if (!(await source.fill(size))) throw cutShort()
  const packed = source.take(size)
  if (frame.hasBlockChecksums && (await field(source)) !== (await xxh32Of(packed))) {
    throw damaged('the checksum of a block does not match')
  }
  return packed
}

/**
 * Decodes the blocks of one frame at the beginning of `stored`, up to `length` bytes. `window` are the bytes
 * before them. Throws `damaged`.
 */
export function decodeLz4Blocks(
  stored: Buffer,
  frame: Lz4BlockForm,
  window: Uint8Array,
  length: number,
): Buffer {
  const memory = Buffer.allocUnsafeSlow(window.length + length)
  memory.set(window)
  let end = window.length
  for (let at = 0; end < memory.length;) {
    const size = at + 4 > stored.length ? 0 : stored.readUInt32LE(at)
    const isStored = size >= 0x8000_0000 && !frame.isLegacy
    const packed = stored.subarray(at + 4, at + 4 + (isStored ? size - 0x8000_0000 : size))
    const floor = frame.isLinked ? 0 : end
    const after = isStored ? store(packed, memory, end) : decodeLz4Block(packed, memory, end, floor)
    if (after < 0 || packed.length === 0) throw damaged('a block is corrupt')
    end = after
    at += 4 + packed.length + (frame.hasBlockChecksums ? 4 : 0)
  }
  return memory.subarray(window.length, end)
}

function store(packed: Buffer, memory: Buffer, at: number): number {
  if (packed.length > memory.length - at) return -1
  memory.set(packed, at)
  return at + packed.length
}

const isMagic = (value: number): boolean =>
  value === lz4Magic || value === lz4LegacyMagic || isSkippable(value)

const legacyFrame = (): Lz4Frame => ({
  blockBytes: legacyBlockBytes,
  isLinked: false,
  isLegacy: true,
  hasBlockChecksums: false,
  contentBytes: undefined,
  content: undefined,
})

async function readDescriptor(source: ByteSource): Promise<Lz4Frame> {
  if (!(await source.fill(2))) throw cutShort()
  const [flags, sizes] = source.ready as unknown as [number, number]
  const hasSize = (flags & 0x08) !== 0
  const length = 2 + (hasSize ? 8 : 0) + ((flags & 1) !== 0 ? 4 : 0)
  if (!(await source.fill(length + 1))) throw cutShort()
  const descriptor = source.take(length)
  const [check] = source.take(1) as unknown as [number]
  if ((((await xxh32Of(descriptor)) >>> 8) & 0xff) !== check) throw damaged('its header is corrupt')
  const blockBytes = blockSizes[((sizes >> 4) & 7) - 4]
  if (flags >> 6 !== 1 || (flags & 2) !== 0 || blockBytes === undefined || (sizes & 0x8f) !== 0) {
    throw damaged('its header has a form that is not known')
  }
  if ((flags & 1) !== 0) throw damaged('it needs a dictionary')
  return {
    blockBytes,
    isLinked: (flags & 0x20) === 0,
    isLegacy: false,
    hasBlockChecksums: (flags & 0x10) !== 0,
    contentBytes: hasSize ? Number(descriptor.readBigUInt64LE(2)) : undefined,
    content: (flags & 0x04) === 0 ? undefined : await newXxh32(),
  }
}

async function xxh32Of(bytes: Uint8Array): Promise<number> {
  const hash = await newXxh32()
  hash.update(bytes)
  return hash.digest()
}

async function field(source: ByteSource): Promise<number> {
  if (!(await source.fill(4))) throw cutShort()
  return source.take(4).readUInt32LE(0)
}

const cutShort = (): ButcherError => damaged('it is cut short')
const damaged = (why: string): ButcherError => new ButcherError('damaged', `the lz4 data is damaged: ${why}`)
