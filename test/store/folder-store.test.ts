import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'folder-store-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

let folder: string
let store: Store
beforeEach(async () => {
  folder = path.join(fs.mkdtempSync(path.join(root, 'case-')), 'store')
  store = await openStore(folder)
})

const local = (content: Buffer): string => {
  const file = path.join(fs.mkdtempSync(path.join(root, 'local-')), 'file')
  fs.writeFileSync(file, content)
  return file
}
const facts = (content: Buffer): { bytes: number; sha256: string } => ({
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
})
const content = Buffer.from('a chunk of the set\n'.repeat(100_000))
const read = async (file: string, range = {}): Promise<Buffer> =>
  Buffer.concat(await store.get(file, range).toArray())

test('a file is put, listed, read in part, renamed and removed', async () => {
  expect(await store.list('', { recursive: true })).toEqual([])
  expect(await store.put(local(content), 'disc-0001/chunks/1.tar', facts(content))).toBe('hash')
  expect((await store.list('', { recursive: true })).map((file) => [file.path, file.bytes])).toEqual([
    ['disc-0001/chunks/1.tar', content.length],
  ])
  expect(await store.list('')).toEqual([])
  expect((await store.list('disc-0001/chunks')).map((file) => file.path)).toEqual(['disc-0001/chunks/1.tar'])
  expect((await read('disc-0001/chunks/1.tar')).equals(content)).toBe(true)
  expect((await read('disc-0001/chunks/1.tar', { offset: 2, length: 5 })).toString()).toBe('chunk')
  expect(await read('disc-0001/chunks/1.tar', { offset: content.length - 1, length: 10 })).toHaveLength(1)
  expect(await read('disc-0001/chunks/1.tar', { offset: content.length })).toHaveLength(0)
  await store.move('disc-0001/chunks/1.tar', 'other/2.tar')
  expect(await store.stat('disc-0001/chunks/1.tar')).toBeUndefined()
  expect((await store.stat('other/2.tar'))?.bytes).toBe(content.length)
  await store.remove('other/2.tar')
  await store.remove('other/2.tar')
  expect(await store.stat('other/2.tar')).toBeUndefined()
  const { free, total } = await store.room()
  expect(free).toBeLessThanOrEqual(total as number)
})

test('a file that is not as expected does not replace the older one, and leaves nothing', async () => {
  await store.put(local(content), 'a', facts(content))
  const other = Buffer.from(content)
  other[5] = 0
  await expect(store.put(local(other), 'a', facts(content))).rejects.toMatchObject({ code: 'damaged' })
  await expect(store.put(local(other.subarray(1)), 'a', facts(content))).rejects.toThrow(
    `has changed since it was made: it has ${content.length - 1} bytes, not ${content.length}`,
  )
  expect((await read('a')).equals(content)).toBe(true)
  expect(fs.readdirSync(path.join(folder, '.butcher/new'))).toEqual([])
})

test.each([
  '',
  '..',
  'a/../b',
  '/a',
  'a//b',
  'a/',
  'a\0b',
  'a\nb',
  'a\\b',
  './a',
  '\ud800',
  `${'x'.repeat(256)}`,
])('the path %j is refused', async (name) => {
  await expect(store.put(local(content), name, facts(content))).rejects.toMatchObject({ code: 'usage' })
  await expect(store.stat(name)).rejects.toMatchObject({ code: 'usage' })
  await expect(store.remove(name)).rejects.toMatchObject({ code: 'usage' })
  await expect(store.move('a', name)).rejects.toMatchObject({ code: 'usage' })
  expect(() => store.get(name)).toThrow(/is not a path in a store/)
})

test('only plain files are listed, and none with a name that could do harm', async () => {
  await store.put(local(content), 'good', facts(content))
  fs.symlinkSync('/etc/passwd', path.join(folder, 'link'))
  fs.writeFileSync(path.join(folder, 'new\nline'), 'x')
  expect((await store.list('', { recursive: true })).map((file) => file.path)).toEqual(['good'])
  expect(await store.stat('link')).toBeUndefined()
})

test('a call that is stopped leaves nothing', async () => {
  const signal = AbortSignal.abort()
  await expect(store.put(local(content), 'a', facts(content), { signal })).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(fs.readdirSync(path.join(folder, '.butcher/new'))).toEqual([])
  expect(await store.stat('a')).toBeUndefined()
})

test('what cannot be read is told', async () => {
  await expect(read('missing')).rejects.toThrow(/^cannot read .*missing: no such file or directory$/)
  await expect(store.move('missing', 'b')).rejects.toThrow(
    /^cannot rename .*missing: no such file or directory$/,
  )
})
