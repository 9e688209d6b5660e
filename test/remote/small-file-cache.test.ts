import { hash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SmallFileCache } from '../../src/remote/small-file-cache.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'small-files-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

test('the file of an own run is not fetched again, unless it has changed since', async () => {
  const own = path.join(root, 'own')
  fs.mkdirSync(own)
  const fetched: string[] = []
  const fetchInto = async (stored: string, _: number, into: string): Promise<void> => {
    fetched.push(stored)
    fs.writeFileSync(into, 'of the store')
  }
  const sums = { catalog: hash('sha256', 'of the store'), changed: hash('sha256', 'of the store') }
  fs.writeFileSync(path.join(own, 'catalog'), 'of the store')
  fs.writeFileSync(path.join(own, 'changed'), 'of a new run')
  fs.writeFileSync(path.join(own, 'unknown'), 'of the store')
  const cache = new SmallFileCache(path.join(root, 'state'), fetchInto, { folder: own, sums })
  for (const name of ['catalog', 'changed', 'unknown']) {
    const into = path.join(root, name)
    await cache.bring({ path: name, bytes: 12, modified: new Date() }, into)
    expect(fs.readFileSync(into, 'utf8')).toBe('of the store')
  }
  expect(fetched).toEqual(['changed', 'unknown'])
})
