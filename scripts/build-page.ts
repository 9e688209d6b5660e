/** node scripts/build-page.ts: bundles src/page/ into dist/page/, with names that change with the content. */

import fs from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = path.resolve(import.meta.dirname, '..')
const source = path.join(root, 'src/page')
const page = path.join(root, 'dist/page')

fs.rmSync(page, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [path.join(source, 'page.tsx'), path.join(source, 'style/page.css')],
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { 'process.env.NODE_ENV': '"production"' },
  entryNames: '[name]-[hash]',
  outdir: path.join(page, 'assets'),
  tsconfigRaw: {},
  metafile: true,
  logLevel: 'warning',
})

const outputs = Object.keys(metafile.outputs).map((file) => path.basename(file))
const named = (ending: string): string => `assets/${outputs.find((name) => name.endsWith(ending))}`
const html = fs
  .readFileSync(path.join(source, 'index.html'), 'utf8')
  .replace('page.tsx', named('.js'))
  .replace('style/page.css', named('.css'))
fs.writeFileSync(path.join(page, 'index.html'), html)
fs.copyFileSync(path.join(source, 'icon.svg'), path.join(page, 'icon.svg'))

const files = fs.readdirSync(page, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
const packed = files.map((entry) => gzipSync(fs.readFileSync(path.join(entry.parentPath, entry.name))).length)
console.log(`page: ${files.length} files, ${packed.reduce((sum, bytes) => sum + bytes, 0)} bytes gzipped`)
