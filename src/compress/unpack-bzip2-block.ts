/** Decompresses single blocks of bzip2 in this thread, by WebAssembly. */

import BZip2 from 'bzip2-wasm'
import { ButcherError } from '../errors.ts'

/** The content of a stream of one block. Undefined if it is longer than `most` bytes. Throws `damaged`. */
export type UnpackBlock = (stream: Uint8Array, most: number) => Uint8Array | undefined

let loaded: Promise<UnpackBlock> | undefined

export const loadUnpackBlock = (): Promise<UnpackBlock> => (loaded ??= load())

async function load(): Promise<UnpackBlock> {
  const globals = globalThis as Record<string, unknown>
  const { __dirname, require } = globals
  const bzip2 = new BZip2()
  await bzip2.init()
  // The module leaves these behind for the one that it loads.
  restore(globals, '__dirname', __dirname)
  restore(globals, 'require', require)
  return (stream, most) => {
    try {
      return bzip2.decompress(stream, Math.max(16, most))
    } catch (cause) {
      if (String(cause).includes('BZ_OUTBUFF_FULL')) return undefined
      throw new ButcherError('damaged', 'the bzip2 data is damaged: a block is corrupt', { cause })
    }
  }
}

function restore(globals: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) delete globals[name]
  else globals[name] = value
}
