import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { backup } from '../../src/index.ts'
import { type CatalogCache, catalogCacheOf } from '../../src/set/catalog-cache.ts'
import { unpackCatalog } from '../../src/set/unpack-catalog.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'catalog-cache-'))
const set = path.join(root, 'set')
const file = path.join(set, 'catalog.sqlite.bz2.gpg')
const plain = path.join(root, 'plain.sqlite')
const loaded = path.join(root, 'loaded.sqlite')
const secrets = { passphrase: 'correct horse' }
const keptFolder = path.join(root, 'cache', 'butcher', 'catalogs')

beforeAll(async () => {
  const source = path.join(root, 'source')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'secret name'), 'x')
  await backup({ source, destination: set, passphrase: secrets.passphrase })
  await unpackCatalog(file, secrets, plain)
})
afterAll(() => fs.rmSync(root, { recursive: true }))
beforeEach(() => vi.stubEnv('XDG_CACHE_HOME', path.join(root, 'cache')))
afterEach(() => {
  vi.unstubAllEnvs()
  for (const one of [keptFolder, loaded]) fs.rmSync(one, { recursive: true, force: true })
})

const cache = async (given = secrets, least = 0): Promise<CatalogCache> =>
  (await catalogCacheOf(file, given, least)) as CatalogCache
const keptFiles = (): string[] => fs.readdirSync(keptFolder).map((name) => path.join(keptFolder, name))

test('a kept catalog comes back, and nothing of it is in clear', async () => {
  expect((await cache()).load(loaded, undefined)).toBe(false)
  ;(await cache()).save(plain)
  const [kept = '', ...more] = keptFiles()
  expect(more).toEqual([])
  expect(fs.statSync(kept).mode & 0o777).toBe(0o600)
  expect(fs.readFileSync(kept).includes('SQLite')).toBe(false)
  expect(fs.readFileSync(kept).includes('secret name')).toBe(false)
  expect((await cache()).load(loaded, undefined)).toBe(true)
  expect(fs.readFileSync(loaded).equals(fs.readFileSync(plain))).toBe(true)
})

test('a catalog of another time is not found', async () => {
  ;(await cache()).save(plain)
  fs.utimesSync(file, new Date(), new Date(Date.now() + 5000))
  expect((await cache()).load(loaded, undefined)).toBe(false)
})

test.each(['a changed byte', 'a cut'])(
  '%s in the kept file: it is removed, and nothing is written',
  async (how) => {
    ;(await cache()).save(plain)
    const [kept = ''] = keptFiles()
    const bytes = fs.readFileSync(kept)
    bytes[5000] = (bytes[5000] as number) ^ 1
    fs.writeFileSync(kept, how === 'a cut' ? bytes.subarray(0, 20) : bytes)
    expect((await cache()).load(loaded, undefined)).toBe(false)
    expect(keptFiles()).toEqual([])
    expect(fs.existsSync(loaded)).toBe(false)
  },
)

test('without the right secret, or for a small catalog, there is no cache', async () => {
  expect(await catalogCacheOf(file, { passphrase: 'wrong' }, 0)).toBeUndefined()
  expect(await catalogCacheOf(file, {}, 0)).toBeUndefined()
  expect(await catalogCacheOf(file, secrets)).toBeUndefined()
})
