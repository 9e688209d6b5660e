/**
 * The package as it is installed: `dist/` where that is newer than the sources, and else one that is built
 * for the tests.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { program } from './tree.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** A folder with `package.json`, `assets`, `bin`, `dist` and `node_modules`. */
export function builtPackage(): string {
  if (isBuilt()) return root
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'built-'))
  for (const name of ['package.json', 'assets', 'bin'])
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  const config = path.join(root, 'tsconfig.build.json')
  program(path.join(root, 'node_modules/.bin/tsc'), ['-p', config, '--outDir', path.join(folder, 'dist')])
  return folder
}

/** Whether each source has its newer file in `dist/`. */
function isBuilt(): boolean {
  const names = fs.readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts') && !name.startsWith('page/'))
    .every((name) => {
      const built = path.join(root, 'dist', name.replace(/\.ts$/, '.js'))
      const made = fs.statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0
      return made > fs.statSync(path.join(root, 'src', name)).mtimeMs
    })
}
