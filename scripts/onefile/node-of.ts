/** Finds the Node.js that the single file begins with. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

export type Target = 'linux-x64' | 'linux-arm64' | 'win-x64'

/** The Node.js that runs this, without its symbols; for another processor, the same version from npm. */
export function nodeOf(target: Target, work: string): string {
  const node = path.join(work, 'node')
  if (target === `${process.platform}-${process.arch}`) {
    fs.copyFileSync(process.execPath, node)
    execFileSync('strip', [node])
    return node
  }
  const name = `node-${target}`
  packageOf(`${name}@${process.versions.node}`, work, name)
  return path.join(work, name, 'package/bin', target === 'win-x64' ? 'node.exe' : 'node')
}

/** Unpacks a package of the registry into `work`, as `folder`. */
export function packageOf(spec: string, work: string, folder: string): string {
  const into = path.join(work, folder)
  fs.mkdirSync(into)
  execFileSync('npm', ['pack', '--silent', '--pack-destination', into, spec], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [archive] = fs.readdirSync(into)
  execFileSync('tar', ['-xzf', path.join(into, archive as string), '-C', into])
  return path.join(into, 'package')
}
