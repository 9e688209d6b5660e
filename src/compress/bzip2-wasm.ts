/** libbz2 as WebAssembly, which decodes single blocks. */

import BZip2 from 'bzip2-wasm'
import startModule from 'bzip2-wasm/bzip2-1.0.8/bzip2.mjs'
import { packageFile, requireOwn } from '../own-files.ts'

/** Its own `init` looks for the file beside itself, in a way that fails on Windows and in one file. */
export async function openBzip2(): Promise<BZip2> {
  const globals = globalThis as Record<string, unknown>
  const { __dirname, require } = globals
  // The module asks for these while it starts.
  Object.assign(globals, { require: requireOwn, __dirname: '' })
  const bzip2 = new BZip2()
  bzip2.wasmModule = await startModule({ wasmBinary: packageFile('bzip2-wasm/bzip2-1.0.8/bzip2.wasm') })
  restore(globals, '__dirname', __dirname)
  restore(globals, 'require', require)
  return bzip2
}

function restore(globals: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) delete globals[name]
  else globals[name] = value
}
