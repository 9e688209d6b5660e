/**
 * The C library, for what Node has no call of its own. It is called by koffi, an optional dependency that comes built for
 * the usual systems; undefined where there is none.
 */

import { createRequire } from 'node:module'

export interface CLibrary {
  /** A function by its declaration in C. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly func: (declaration: string) => (...values: any[]) => any
  readonly errno: () => number
}

/** Of 64 bits only: sizes and structures are written for those. */
export const cLibrary: CLibrary | undefined = load()

function load(): CLibrary | undefined {
  const known = process.platform === 'linux' || process.platform === 'darwin'
  if (!known || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi')
    const library = koffi.load(null)
    return {
      func: (declaration) => library.func(declaration),
      errno: () => koffi.errno() as number,
    }
  } catch {
    return undefined
  }
}
