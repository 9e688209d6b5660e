/** Bundles a program of butcher, with all packages that it uses, into one text that a single file can run. */

import fs from 'node:fs'
import path from 'node:path'
import { build, type Plugin, transform } from 'esbuild'

export const root = path.resolve(import.meta.dirname, '../..')

/**
 * A place of its own for each module. Threads are named by theirs, see src/own-files.ts. Packages make a
 * `require` of theirs, so it looks like a file, on Windows too.
 */
function placeOf(file: string): string {
  const inside = path.relative(root, file).replaceAll(path.sep, '/')
  return inside.includes('node_modules/') ? `file:///C:/${inside}` : `butcher:///${inside}`
}

const ownPlaces: Plugin = {
  name: 'own-places',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.(?:ts|mjs|js)$/ }, ({ path: file }) => {
      const text = fs.readFileSync(file, 'utf8')
      if (!text.includes('import.meta')) return undefined
      const contents = text
        .replaceAll('import.meta.url', JSON.stringify(placeOf(file)))
        .replaceAll('import.meta.dirname', '"/"')
      return { contents, loader: file.endsWith('.ts') ? 'ts' : 'js' }
    })
  },
}

export interface Bundle {
  /** The text of an expression: an asynchronous call of the whole program. Its value is what it exports. */
  readonly text: string
  /** The folders of the packages inside. */
  readonly packages: readonly string[]
}

export async function bundle(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    plugins: [ownPlaces],
    logLevel: 'error',
  })
  const wrapped = `(async (require) => {${asFunctionBody(outputFiles[0]?.text as string)}})(require)`
  const { code } = await transform(wrapped, { minify: true, target: 'node24', legalComments: 'none' })
  const packages = Object.keys(metafile.inputs).flatMap((file) => {
    const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)
    return found ? [found[0]] : []
  })
  return { text: code.trim().replace(/;$/, ''), packages: [...new Set(packages)].sort() }
}

/**
 * An ES module as a function's body: the single file takes no modules. After bundling, only those of Node.js
 * are imported, a line for each, and the exports are one list at the end.
 */
function asFunctionBody(text: string): string {
  const body = text
    .replaceAll(/^import (.+?) from "([^"]+)";$/gm, (_, names: string, from: string) => required(names, from))
    .replaceAll(/^import "([^"]+)";$/gm, '')
    .replaceAll(
      /\bimport\("(node:[^"]+)"\)/g,
      (_, from) => `Promise.resolve({ ...require("${from}"), default: require("${from}") })`,
    )
    .replace(/^export \{([^}]*)\};\s*$/m, (_, names: string) => `return {${asProperties(names, true)}};`)
  const left = /^(?:import [^;\n]* from "|export \{).*$/m.exec(body)?.[0]
  if (left !== undefined)
    throw new Error(`the bundle has a line that is not understood: ${left.slice(0, 80)}`)
  return body
}

/** `a, { b as c }` or `* as d` from a module, as constants. */
function required(names: string, from: string): string {
  const [, first, , list] = /^(?:\* as )?([\w$]+)?(, )?(?:\{(.*)\})?$/.exec(names) ?? []
  return [
    ...(first === undefined ? [] : [`const ${first} = require("${from}");`]),
    ...(list === undefined ? [] : [`const {${asProperties(list, false)}} = require("${from}");`]),
  ].join(' ')
}

const asProperties = (list: string, isExport: boolean): string =>
  list
    .split(',')
    .map((one) => one.trim().split(' as '))
    .filter(([name]) => name !== '')
    .map(([name, other = name]) => (isExport ? `${other}: ${name}` : `${name}: ${other}`))
    .join(', ')
