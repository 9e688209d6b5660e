/**
 * The C library, for calls that Node lacks. butcher calls it through koffi, an optional dependency that is
 * prebuilt for the usual systems. Undefined without koffi.
 */

import { loadKoffi } from './koffi.ts'

export interface CLibrary {
  /** A function by its declaration in C. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly func: (declaration: string) => (...values: any[]) => any
  readonly errno: () => number
  /**
   * The address of the bytes. They must stay reachable, and must not be from Node's pool of small buffers.
   */
  readonly address: (bytes: Uint8Array) => bigint
}

/** Only with 64 bits: sizes and structures are written for those. */
export const cLibrary: CLibrary | undefined = load()

function load(): CLibrary | undefined {
  const known = process.platform === 'linux' || process.platform === 'darwin'
  if (!known || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined
  try {
    const koffi = loadKoffi()
    const library = koffi.load(null)
    return {
      func: (declaration) => library.func(declaration),
      errno: () => koffi.errno() as number,
      address: (bytes) => BigInt(koffi.address(bytes)),
    }
  } catch {
    return undefined
  }
}
