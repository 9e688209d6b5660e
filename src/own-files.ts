/**
 * The files that come with butcher: its texts, the programs of its threads, the fonts. One answer for a
 * checkout, a package, and the program as one file (docs/onefile.md), which has them all inside.
 */

import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Missing in other engines than Node.js. */
const sea = process.getBuiltinModule('node:sea') as typeof import('node:sea') | undefined

/** Loads modules of Node.js, and packages beside this one. */
export const requireOwn = createRequire(sea?.isSea() ? pathToFileURL(process.execPath) : import.meta.url)

/** Whether this program is one file, with Node.js in it. */
export const isOneFile = sea?.isSea() === true

/** A file of the package by its path in it, as `assets/restore.sh`. Throws if there is none. */
export const ownFile = (name: string): Buffer =>
  isOneFile ? inside(name) : fs.readFileSync(new URL(`../${name}`, import.meta.url))

export const ownText = (name: string): string => ownFile(name).toString('utf8')

/** Names of the files below a folder of the package, without it: `dist/page/`. None if it is missing. */
export function ownFilesBelow(folder: string): readonly string[] {
  if (isOneFile) {
    const names = (sea as NonNullable<typeof sea>).getAssetKeys()
    return names.filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length))
  }
  const place = fileURLToPath(new URL(`../${folder}`, import.meta.url))
  if (!fs.existsSync(place)) return []
  return fs
    .readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      path.relative(place, path.join(parentPath, name)).replaceAll(path.sep, '/'),
    )
}

/** A file of another package, as `bzip2-wasm/bzip2-1.0.8/bzip2.wasm`. */
export const packageFile = (name: string): Buffer =>
  isOneFile ? inside(`node_modules/${name}`) : fs.readFileSync(requireOwn.resolve(name))

/** The folder with the packages that butcher uses. */
export function packagesFolder(): string {
  const one = requireOwn.resolve('openpgp')
  const folder = 'node_modules'
  return one.slice(0, one.lastIndexOf(folder) + folder.length)
}

const inside = (name: string): Buffer => Buffer.from((sea as NonNullable<typeof sea>).getRawAsset(name))

export interface ThreadSource {
  readonly source: string | URL
  /** The source is a text, not a place. */
  readonly eval: boolean
}

/**
 * The program of a thread. `program` is a `.ts` file beside the caller; of the built butcher, the `.js` file
 * of the same name runs.
 */
export function threadSource(program: URL): ThreadSource {
  if (isOneFile) return { source: sourceInside(program), eval: true }
  return { source: builtProgram(program), eval: false }
}

/** Imports such a program into this thread. */
export async function importProgram(program: URL): Promise<unknown> {
  if (!isOneFile) return import(builtProgram(program).href)
  const run = new Function('require', `return ${sourceInside(program)}`)
  return run(requireOwn)
}

const builtProgram = (program: URL): URL =>
  import.meta.url.endsWith('.js') ? new URL(program.href.replace(/\.ts$/, '.js')) : program

const sourceInside = (program: URL): string => inside(program.pathname.slice(1)).toString('utf8')

/** The words that start another process of butcher with these arguments. */
export const ownCommand = (words: readonly string[]): [program: string, ...args: string[]] =>
  isOneFile ? [process.execPath, ...words] : [process.execPath, process.argv[1] as string, ...words]

/** The same for a program of butcher that is no command. The one file takes its name as the first word. */
export const ownProgram = (program: URL): [program: string, ...args: string[]] =>
  isOneFile
    ? [process.execPath, '--own-program', program.pathname.slice(1)]
    : [process.execPath, fileURLToPath(builtProgram(program))]
