/** Gathers all that is inside the single file: programs, texts, fonts, a native part, licences. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { bundle, root } from './bundle.ts'
import { licenseText } from './licenses.ts'
import { packageOf, type Target } from './node-of.ts'

const main = 'src/cli/main.ts'

/** The command line, and each program that some module of src/ names by a place beside itself. */
export function programs(): string[] {
  const sources = fs
    .readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
  const named = sources.flatMap((file) => {
    const text = fs.readFileSync(path.join(root, 'src', file), 'utf8')
    return [...text.matchAll(/new URL\(\s*'(\.[^']+\.ts)',\s*import\.meta\.url/g)].map((match) =>
      path.join('src', path.dirname(file), match[1] as string),
    )
  })
  return [main, ...new Set(named)]
}

/** The files that a package of butcher has beside its programs, with their paths in it. */
function texts(): string[] {
  const below = (folder: string): string[] =>
    fs.existsSync(path.join(root, folder))
      ? fs
          .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
      : []
  return ['package.json', 'LICENSE', ...below('assets'), ...below('dist/page')]
}

const ofPackages = [
  'bzip2-wasm/bzip2-1.0.8/bzip2.wasm',
  '@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf',
  '@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf',
]

/**
 * The assets by name. `node` is the Node.js of the file. If it is given, the programs are compiled as well,
 * so that the file starts faster.
 */
export async function gatherFiles(
  target: Target,
  work: string,
  node: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const assets: Record<string, string> = {}
  const add = (name: string, text: string): void => {
    const file = path.join(work, name.replaceAll('/', '+'))
    fs.writeFileSync(file, text)
    assets[name] = file
  }
  const packages = new Set(ofPackages.map((name) => `node_modules/${/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]}`))
  for (const program of programs()) {
    const { text, packages: used } = await bundle(program)
    add(program, text)
    for (const one of used) packages.add(one)
  }
  if (node !== undefined) {
    assets[`${main}.cache`] = path.join(work, 'cache')
    const compile = path.join(import.meta.dirname, 'compile.js')
    execFileSync(node, [compile, assets[main] as string, main, assets[`${main}.cache`] as string])
  }
  for (const name of texts()) assets[name] = path.join(root, name)
  for (const name of ofPackages) assets[`node_modules/${name}`] = path.join(root, 'node_modules', name)
  assets['node_modules/koffi/koffi.node'] = koffiOf(target, work)
  packages.add('node_modules/koffi')
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  add('start.json', JSON.stringify({ version, caches: node !== undefined }))
  add('licenses.txt', licenseText([...packages].sort()))
  return assets
}

/** koffi is an optional dependency: for another processor it comes from the registry. */
function koffiOf(target: Target, work: string): string {
  const name = target.replace(/^win-/, 'win32-')
  const inside = path.join(name.replace('-', '_'), 'koffi.node')
  const own = path.join(root, 'node_modules/@koromix', `koffi-${name}`, inside)
  if (fs.existsSync(own)) return own
  const { version } = JSON.parse(
    fs.readFileSync(path.join(root, 'node_modules/koffi/package.json'), 'utf8'),
  ) as { version: string }
  return path.join(packageOf(`@koromix/koffi-${name}@${version}`, work, 'koffi'), inside)
}
