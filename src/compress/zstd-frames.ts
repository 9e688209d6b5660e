/**
 * Cuts zstd data into its frames without decoding it (RFC 8878, section 3.1). A frame has a header, blocks
 * with their sizes, and possibly a checksum.
 */

import { ButcherError } from '../errors.ts'

export interface FramePiece {
  readonly bytes: Uint8Array
  /** The frame ends with this piece. */
  readonly ends: boolean
}

const frameMagic = 0xfd2fb528
/** Decoders skip frames with a magic from 0x184d2a50 to 0x184d2a5f. */
const skippableMagic = 0x184d2a50

type State = 'magic' | 'descriptor' | 'header' | 'block' | 'last-block' | 'size' | 'checksum'

/** Throws `damaged` if the data is not zstd, or is cut off. */
export async function* zstdFrames(input: AsyncIterable<Uint8Array>): AsyncGenerator<FramePiece, undefined> {
  const state = { kind: 'magic' as State, checksum: false }
  const field = Buffer.alloc(4)
  let fieldBytes = 0
  let fieldNeed = 4
  let skip = 0
  for await (const bytes of input) {
    let start = 0
    let at = 0
    while (at < bytes.length) {
      if (skip > 0) {
        const passed = Math.min(skip, bytes.length - at)
        at += passed
        skip -= passed
      }
      while (skip === 0 && fieldNeed > 0 && at < bytes.length) {
        if (fieldBytes < fieldNeed) field[fieldBytes++] = bytes[at++] as number
        if (fieldBytes < fieldNeed) continue
        ;({ skip, need: fieldNeed } = step(state, field))
        fieldBytes = 0
        field.fill(0)
      }
      if (skip === 0 && fieldNeed === 0) {
        yield { bytes: bytes.subarray(start, at), ends: true }
        start = at
        state.kind = 'magic'
        fieldNeed = 4
      }
    }
    if (start < bytes.length) yield { bytes: bytes.subarray(start), ends: false }
  }
  if (state.kind !== 'magic' || fieldBytes > 0) throw damaged('it is cut short')
}

/** Handles a field. Returns the bytes to skip, and the length of the next field (0: the frame ends). */
function step(state: { kind: State; checksum: boolean }, field: Buffer): { skip: number; need: number } {
  const value = field.readUInt32LE(0)
  switch (state.kind) {
    case 'magic':
      if (value === frameMagic) return go(state, 'descriptor', 0, 1)
      if ((value & 0xfffffff0) >>> 0 === skippableMagic) return go(state, 'size', 0, 4)
      throw damaged('it is not zstd data')
    case 'size':
      return go(state, 'checksum', value, 0)
    case 'descriptor': {
      const singleSegment = (value & 0x20) !== 0
      state.checksum = (value & 0x04) !== 0
      const dictionary = [0, 1, 2, 4][value & 3] as number
      const size = [singleSegment ? 1 : 0, 2, 4, 8][value >> 6] as number
      return go(state, 'block', (singleSegment ? 0 : 1) + dictionary + size, 3)
    }
    case 'block': {
      const last = (value & 1) !== 0
      const kind = (value >> 1) & 3
      if (kind === 3) throw damaged('it holds a block of no known kind')
      const size = kind === 1 ? 1 : value >> 3
      if (!last) return go(state, 'block', size, 3)
      return go(state, 'checksum', size + (state.checksum ? 4 : 0), 0)
    }
    default:
      throw damaged('it holds a frame of no known form')
  }
}

function go(state: { kind: State }, kind: State, skip: number, need: number): { skip: number; need: number } {
  state.kind = kind
  return { skip, need }
}

const damaged = (why: string): ButcherError => new ButcherError('damaged', `the zstd data is damaged: ${why}`)
