/**
 * node scripts/build-bzip2.ts: compiles src/compress/bzip2/ with clang, and writes
 * src/compress/bzip2-module.ts. With `--check` it writes nothing, and fails if the module is another one.
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { bzip2Bytes, bzip2Source } from '../src/compress/bzip2-module.ts'

const folder = fileURLToPath(new URL('../src/compress/', import.meta.url))
const sources = path.join(folder, 'bzip2')

const flags = [
  '--target=wasm32',
  '-O3',
  '-msimd128',
  '-mbulk-memory',
  '-nostdlib',
  '-ffreestanding',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--no-entry',
  '-Wl,--strip-all',
  '-Wl,-z,stack-size=262144',
]

/** Of the sources and of the flags: the module says which ones it is made of. */
export function hashBzip2Source(): string {
  const hash = createHash('sha256').update(flags.join(' '))
  for (const name of fs.readdirSync(sources).toSorted()) {
    hash.update(`\n${name}\n`).update(fs.readFileSync(path.join(sources, name)))
  }
  return hash.digest('hex')
}

function compile(): Buffer {
  const to = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-bzip2-')), 'bzip2.wasm')
  try {
    execFileSync('clang', [...flags, '-o', to, 'module.c'], { cwd: sources, stdio: 'inherit' })
    return fs.readFileSync(to)
  } finally {
    fs.rmSync(path.dirname(to), { recursive: true })
  }
}

function write(module: Buffer): void {
  const lines =
    brotliCompressSync(module)
      .toString('base64')
      .match(/.{1,100}/g) ?? []
  const text = [
    '/** bzip2/module.c as a module of WebAssembly: scripts/build-bzip2.ts writes it. */',
    '',
    "import { brotliDecompressSync } from 'node:zlib'",
    '',
    '/** SHA-256 of the sources, and of the flags of the compiler. */',
    `export const bzip2Source = '${hashBzip2Source()}'`,
    '',
    "export const bzip2Bytes = (): Buffer => brotliDecompressSync(Buffer.from(packed, 'base64'))",
    '',
    'const packed =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
    '',
  ].join('\n')
  fs.writeFileSync(path.join(folder, 'bzip2-module.ts'), text)
}

if (import.meta.main) {
  const module = compile()
  if (!process.argv.includes('--check')) write(module)
  else if (bzip2Source !== hashBzip2Source() || !module.equals(bzip2Bytes())) {
    console.error('bzip2-module.ts is not made of its sources (run node scripts/build-bzip2.ts)')
    console.error('Debian 12 has the compiler, clang 14; another one makes other bytes')
    process.exitCode = 1
  }
}
