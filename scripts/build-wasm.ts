/** node scripts/build-wasm.ts: assembles the .wat files of src/, and writes each module beside its source. */

import fs from 'node:fs'
import loadWabt from 'wabt'

/** Below src/, without `.wat`, and the name that the module is imported by. */
export const wasmSources = { 'parity/gf16': 'gf16Module', 'compress/lz4-block': 'lz4BlockModule' } as const

const fileOf = (source: string, ending: string): URL => new URL(`../src/${source}${ending}`, import.meta.url)

/** The module in base64, as the source says it. */
export async function assemble(source: keyof typeof wasmSources): Promise<string> {
  const wabt = await loadWabt()
  const text = fs.readFileSync(fileOf(source, '.wat'), 'utf8')
  const features = { simd: true, threads: true, relaxed_simd: true }
  return Buffer.from(wabt.parseWat(`${source}.wat`, text, features).toBinary({}).buffer).toString('base64')
}

if (import.meta.main) {
  for (const [source, name] of Object.entries(wasmSources)) {
    const file = source.split('/').at(-1)
    const lines = (await assemble(source as keyof typeof wasmSources)).match(/.{1,100}/g) ?? []
    const text = [
      `/** ${file}.wat as a module of WebAssembly in base64: scripts/build-wasm.ts writes it. */`,
      `export const ${name} =`,
      lines.map((line) => `  '${line}'`).join(' +\n'),
      '',
    ].join('\n')
    fs.writeFileSync(fileOf(source, '-module.ts'), text)
  }
}
