/** The licences of all that is in the single file. */

import fs from 'node:fs'
import path from 'node:path'
import { root } from './bundle.ts'

const licenseFile = /^(?:licen[cs]e|copying|ofl)(?:[.-].*)?$/i

/** `packages`: folders of packages below the repository. */
export const licenseText = (packages: readonly string[]): string =>
  ['.', 'node_modules/node', ...packages].map(ofPackage).join('\n')

function ofPackage(folder: string): string {
  const at = path.join(root, folder)
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: string
  }
  const texts = fs
    .readdirSync(at)
    .filter((file) => licenseFile.test(file))
    .map((file) => fs.readFileSync(path.join(at, file), 'utf8').trimEnd())
  if (texts.length === 0 && license === undefined) throw new Error(`${folder} names no licence`)
  const line = `${name} ${version}: ${license ?? 'see below'}`
  return [line, '='.repeat(line.length), '', ...texts, ''].join('\n')
}
