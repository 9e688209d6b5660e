/** A store that lists and gives anything: nothing is written outside the cache, and errors are for users. */

import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ButcherError, list, rebuild, restore, verify } from '../../src/index.ts'
import type { Store, StoredFile } from '../../src/store/store.ts'
import { scratchFolder } from '../support/backup-set.ts'

let listed: readonly Pick<StoredFile, 'path' | 'bytes'>[] = []
const given = (file: string): Buffer => Buffer.from(file.endsWith('set.json') ? '{"set":"' : 'garbage!!')

vi.mock('../../src/store/open-store.ts', () => ({
  openStore: async (place: string): Promise<Partial<Store>> => ({
    name: place,
    list: async () => listed.map((file) => ({ ...file, modified: new Date(0) })),
    get: (file) => Readable.from([given(file)]),
    close: async () => {},
  }),
}))

const { folder: root, remove } = scratchFolder()
const before = process.env['XDG_CACHE_HOME']
beforeAll(() => void (process.env['XDG_CACHE_HOME'] = path.join(root, 'cache')))
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = before
  remove()
})

const from = ['rclone:evil:set']
const verbs = {
  list: () => list({ from }),
  restore: () => restore({ from, destination: path.join(root, 'out') }),
  verify: () => verify({ from }),
  rebuild: () => rebuild({ from, catalog: path.join(root, 'catalog.sqlite') }),
}

const listings: Readonly<Record<string, typeof listed>> = {
  'paths that lead elsewhere': [
    { path: '../../escaped', bytes: 3 },
    { path: '/escaped', bytes: 3 },
    { path: 'disc-0001/../../../escaped', bytes: 3 },
    { path: 'disc-0001/chunks/a\nb', bytes: 3 },
  ],
  'a file that is a folder as well': [
    { path: 'disc-0001', bytes: 3 },
    { path: 'disc-0001/chunks/00000001.tar', bytes: 3 },
    { path: 'catalog.sqlite', bytes: 3 },
  ],
  'sizes that no file has': [
    { path: 'catalog.sqlite', bytes: -1 },
    { path: 'disc-0001/SHA256SUMS', bytes: Number.NaN },
    { path: 'disc-0001/chunks/00000001.tar', bytes: 2 ** 53 - 1 },
  ],
  'a record and a catalog of garbage': [
    { path: '.butcher/set.json', bytes: 9 },
    { path: '.butcher/99999999-catalog.sqlite', bytes: 9 },
    { path: 'catalog.sqlite', bytes: 9 },
    { path: 'disc-0001/chunks/00000001.tar.bz2', bytes: 9 },
  ],
  'fewer bytes than it listed': [
    { path: 'catalog.sqlite', bytes: 5000 },
    { path: 'disc-0001/chunks/00000001.tar', bytes: 5000 },
  ],
}

test.each(Object.keys(listings))('%s', async (name) => {
  listed = listings[name] as typeof listed
  for (const verb of Object.values(verbs)) {
    const error = await verb().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error === undefined || error instanceof ButcherError).toBe(true)
    expect((error as ButcherError | undefined)?.code).not.toBe('internal')
  }
  const outside = fs.readdirSync(root).filter((entry) => !['cache', 'out'].includes(entry))
  expect(outside).toEqual([])
  expect(fs.existsSync(path.join(path.dirname(root), 'escaped'))).toBe(false)
})
