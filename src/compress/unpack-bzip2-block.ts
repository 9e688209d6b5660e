/** Decompresses single blocks of bzip2 in this thread, by WebAssembly. */

import { ButcherError } from '../errors.ts'
import { openBzip2 } from './bzip2-wasm.ts'

/** The content of a stream of one block. Undefined if it is longer than `most` bytes. Throws `damaged`. */
export type UnpackBlock = (stream: Uint8Array, most: number) => Uint8Array | undefined

let loaded: Promise<UnpackBlock> | undefined

export const loadUnpackBlock = (): Promise<UnpackBlock> => (loaded ??= load())

async function load(): Promise<UnpackBlock> {
  const bzip2 = await openBzip2()
  return (stream, most) => {
    try {
      return bzip2.decompress(stream, Math.max(16, most))
    } catch (cause) {
      if (String(cause).includes('BZ_OUTBUFF_FULL')) return undefined
      throw new ButcherError('damaged', 'the bzip2 data is damaged: a block is corrupt', { cause })
    }
  }
}
