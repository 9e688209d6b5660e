import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtPackage } from '../support/built.ts'
import { imageBytes, sha256, sums } from '../partition/images.ts'
import * as exported from '../../src/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = (name: string): string => join(root, 'node_modules/.bin', name)
let work: string

/**
 * A project that has the package installed, as npm would lay it out, and the examples of docs/library.md in
 * it.
 */
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'butcher-example-'))
  const installed = join(work, 'node_modules/butcher')
  mkdirSync(installed, { recursive: true })
  const built = builtPackage()
  for (const part of ['package.json', 'assets', 'dist']) {
    cpSync(join(built, part), join(installed, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'))
  symlinkSync(join(root, 'node_modules/@types'), join(work, 'node_modules/@types'))

  const library = readFileSync(join(root, 'docs/library.md'), 'utf8')
  const examples = [...library.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string)
  expect(examples).toHaveLength(4)
  for (const [i, file] of ['library.ts', 'example.ts', 'blocks.ts', 'fill.ts'].entries()) {
    writeFileSync(join(work, file), examples[i] as string)
  }
  writeFileSync(join(work, 'package.json'), '{"type":"module"}')
  mkdirSync(join(work, 'photos/2026'), { recursive: true })
  writeFileSync(join(work, 'photos/2026/one.txt'), 'the first')
  writeFileSync(join(work, 'photos/empty'), '')
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

test('the examples of docs/library.md have the types of the package', () => {
  const options = '--noEmit --strict --module nodenext --target es2023 --types node'.split(' ')
  execFileSync(program('tsc'), [...options, 'example.ts', 'library.ts', 'blocks.ts', 'fill.ts'], {
    cwd: work,
    stdio: 'inherit',
  })
})

test('its example of a backup and a restore runs, and the restored tree is the same', () => {
  const shown = execFileSync(program('node'), ['example.ts'], { cwd: work, encoding: 'utf8' })
  expect(shown).toMatch(/^backup 1: 2 files, \d+ bytes on 1 disc$/m)
  expect(shown).toMatch(/^restored 2 files$/m)
  execFileSync('diff', ['-r', 'photos', 'restored'], { cwd: work, stdio: 'inherit' })
})

test('its first example runs', () => {
  rmSync(join(work, 'discs'), { recursive: true, force: true })
  const shown = execFileSync(program('node'), ['library.ts'], { cwd: work, encoding: 'utf8' })
  expect(shown).toMatch(
    /^backup 1: discs 1\nverified \d+ files, 0 damaged\n3 entries, the first is 2026\ndisc 1 is open\n$/,
  )
})

test('its examples of a partition image write the partition', () => {
  writeFileSync(join(work, 'sda1.img'), imageBytes('vfat-a1.img'))
  for (const file of ['blocks.ts', 'fill.ts']) execFileSync(program('node'), [file], { cwd: work })
  const [raw, filled] = ['sda1.raw', 'filled.raw'].map((name) => readFileSync(join(work, name))) as [
    Buffer,
    Buffer,
  ]
  expect(sha256(raw)).toBe(sums['vfat-a1.img'])
  expect(filled.length).toBe(raw.length)
  expect(filled.every((byte, i) => byte === raw[i] || (byte === 0xff && raw[i] === 0))).toBe(true)
  expect(filled.subarray(-512).every((byte) => byte === 0xff)).toBe(true)
})

test('docs/library.md names every function of the package', () => {
  const table = readFileSync(join(root, 'docs/library.md'), 'utf8')
  const functions = Object.entries(exported).filter(
    ([, value]) => typeof value === 'function' && !String(value).startsWith('class '),
  )
  expect(functions.map(([name]) => name).filter((name) => !table.includes(`\`${name}\``))).toEqual([])
})
