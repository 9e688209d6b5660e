import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { copyDurably, renameDurably, syncFolder, writeDurably } from '../../src/files/durable.ts'
import { tryProgram } from '../support/tree.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'durable-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

let folder: string
let fresh: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(root, 'f-'))
  fresh = path.join(folder, 'new')
  fs.mkdirSync(fresh)
})

const at = (name: string): string => path.join(folder, name)
const read = (name: string): string => fs.readFileSync(at(name), 'utf8')

test('a file is written, over one that is there, with its mode', () => {
  writeDurably(fresh, at('a'), 'first')
  writeDurably(fresh, at('a'), Buffer.from('second'), 0o755)
  expect(read('a')).toBe('second')
  expect(fs.statSync(at('a')).mode & 0o777).toBe(0o755)
  copyDurably(fresh, at('a'), at('b'))
  expect(read('b')).toBe('second')
  fs.writeFileSync(path.join(fresh, 'c'), 'third')
  renameDurably(path.join(fresh, 'c'), at('b'))
  expect(read('b')).toBe('third')
  expect(fs.readdirSync(fresh)).toEqual([])
})

test('where it fails, what was there stays, nothing else does, and the file is named', () => {
  fs.mkdirSync(at('folder'))
  expect(() => writeDurably(fresh, at('folder'), 'x')).toThrow(`cannot write ${at('folder')}: is a directory`)
  expect(() => writeDurably(fresh, at('no/a'), 'x')).toThrow(
    `cannot write ${at('no/a')}: no such file or directory`,
  )
  expect(() => copyDurably(fresh, at('nothing'), at('a'))).toThrow(`cannot write ${at('a')}: no such file`)
  expect(() => syncFolder(at('nothing'))).toThrow('ENOENT')
  expect(fs.readdirSync(folder).sort()).toEqual(['folder', 'new'])
  expect(fs.readdirSync(fresh)).toEqual([])
})

test('each step begins once the one before is on the medium', () => {
  const script = path.resolve(import.meta.dirname, '../../src/files/durable.ts')
  const code = `import { writeDurably } from '${script}'; writeDurably('${fresh}', '${at('a')}', 'text')`
  const calls = 'trace=openat,write,pwrite64,fsync,rename,renameat2'
  const { status, stderr } = tryProgram('strace', [
    '-f', '-qq', '-y', '-e', calls, '-e', 'signal=none', process.execPath, '--input-type=module-typescript', '-e', code,
  ]) // prettier-ignore
  if (status !== 0) throw new Error(`strace cannot trace here: ${stderr.slice(-300)}`)
  const steps = stderr.split('\n').flatMap((line) => {
    const call = /\b(write|pwrite64|fsync|rename|renameat2)\((.*)/.exec(line)
    return call && line.includes(folder)
      ? [`${call[1]?.replace('pwrite64', 'write')} ${/new\//.test(call[2] as string) ? 'new' : 'folder'}`]
      : []
  })
  expect(steps).toEqual(['write new', 'fsync new', 'rename new', 'fsync folder'])
})
