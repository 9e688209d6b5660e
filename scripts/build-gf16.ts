/** node scripts/build-gf16.ts: assembles src/parity/gf16.wat, and writes src/parity/gf16-module.ts. */

import fs from 'node:fs'
import loadWabt from 'wabt'

const folder = new URL('../src/parity/', import.meta.url)

/** The module, as the source says it. */
export async function assembleGf16(): Promise<string> {
  const wabt = await loadWabt()
  const source = fs.readFileSync(new URL('gf16.wat', folder), 'utf8')
  const module = wabt.parseWat('gf16.wat', source, { simd: true, threads: true, relaxed_simd: true })
  return Buffer.from(module.toBinary({}).buffer).toString('base64')
}

if (import.meta.main) {
  const lines = (await assembleGf16()).match(/.{1,100}/g) ?? []
  const text = [
    '/** gf16.wat as a module of WebAssembly in base64: scripts/build-gf16.ts writes it. */',
    'export const gf16Module =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
    '',
  ].join('\n')
  fs.writeFileSync(new URL('gf16-module.ts', folder), text)
}
