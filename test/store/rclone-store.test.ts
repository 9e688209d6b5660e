import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'
import { startRemote } from '../support/stores/remotes.ts'
import { type S3Server, startS3 } from '../support/stores/s3-server.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'rclone-store-'))
const content = Buffer.from('a chunk of the set\n'.repeat(20_000))
const facts = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
const local = path.join(root, 'local file')
const config = path.join(root, 'rclone.conf')
let s3: S3Server
/** One store of each kind: rclone starts once for each. */
let stores: Readonly<Record<string, Store>>

beforeAll(async () => {
  fs.writeFileSync(local, content)
  s3 = await startS3()
  fs.mkdirSync(path.join(root, 'crypted'))
  fs.writeFileSync(
    config,
    `[s3]\ntype = s3\nprovider = Other\naccess_key_id = A\nsecret_access_key = B\nendpoint = http://127.0.0.1:${s3.port}\n` +
      `[crypt]\ntype = crypt\nremote = ${root}/crypted\npassword = aXC20tYjpXV5OcEpuPUVEfJyEJrFyBUOkt8\n`,
    { mode: 0o600 },
  )
  vi.stubEnv('RCLONE_CONFIG', config)
  stores = {
    local: await openStore(`rclone::local:${root}/a place`),
    s3: await openStore('rclone:s3:bucket/folder'),
    crypt: await openStore('rclone:crypt:'),
    crypt2: await openStore('rclone:crypt:', { proof: 'size' }),
  }
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await Promise.all(Object.values(stores).map((store) => store.close()))
  await s3.close()
  fs.rmSync(root, { recursive: true })
})

const read = async (store: Store, file: string, range = {}): Promise<Buffer> =>
  Buffer.concat(await store.get(file, range).toArray())

test.each([
  ['local', 'hash'],
  ['s3', 'hash'],
  ['crypt', 'read-back'],
])('%s: a file is put (%s), listed, read in part, renamed and removed', async (name, proof) => {
  const store = stores[name] as Store
  expect(await store.list('', { recursive: true })).toEqual([])
  expect(await store.list('disc-0001')).toEqual([])
  expect(await store.put(local, 'disc-0001/chunks/1.tar', facts)).toBe(proof)
  expect((await store.list('', { recursive: true })).map((file) => [file.path, file.bytes])).toEqual([
    ['disc-0001/chunks/1.tar', content.length],
  ])
  expect(await store.list('')).toEqual([])
  expect((await store.list('disc-0001/chunks')).map((file) => file.path)).toEqual(['disc-0001/chunks/1.tar'])
  expect((await store.stat('disc-0001/chunks/1.tar'))?.bytes).toBe(content.length)
  expect(await store.stat('disc-0001')).toBeUndefined()
  expect((await read(store, 'disc-0001/chunks/1.tar')).equals(content)).toBe(true)
  expect((await read(store, 'disc-0001/chunks/1.tar', { offset: 2, length: 5 })).toString()).toBe('chunk')
  expect(await read(store, 'disc-0001/chunks/1.tar', { offset: content.length - 1, length: 9 })).toHaveLength(
    1,
  )
  expect(await read(store, 'disc-0001/chunks/1.tar', { offset: content.length, length: 9 })).toHaveLength(0)
  expect(await store.put(local, 'disc-0001/chunks/1.tar', facts)).toBe(proof)
  await store.move('disc-0001/chunks/1.tar', 'b/2.tar')
  expect(await store.stat('disc-0001/chunks/1.tar')).toBeUndefined()
  expect((await read(store, 'b/2.tar')).equals(content)).toBe(true)
  await expect(store.move('disc-0001/chunks/1.tar', 'b/2.tar')).rejects.toThrow(
    /^cannot rename disc-0001\/chunks\/1\.tar in rclone:.*: no such file$/,
  )
  await store.remove('b/2.tar')
  await store.remove('b/2.tar')
  expect(await store.list('', { recursive: true })).toEqual([])
  await expect(read(store, 'b/2.tar')).rejects.toThrow(/^cannot read b\/2\.tar in rclone:.*: no such file$/)
})

test('the size is the proof only if the user says so, and the store makes no hash', async () => {
  expect(await (stores['crypt2'] as Store).put(local, 'x', facts)).toBe('size')
  expect((stores['crypt2'] as Store).abilities).toMatchObject({ hash: false, move: true, ranges: true })
})

test.each(['local', 's3', 'crypt'])('%s: a file that is not as expected gets no name', async (name) => {
  const store = stores[name] as Store
  const other = path.join(root, 'other')
  fs.writeFileSync(other, Buffer.from(content).reverse())
  await expect(store.put(other, 'wrong', facts)).rejects.toMatchObject({ code: 'damaged' })
  expect(
    (await store.list('', { recursive: true })).filter((file) => !/^(x|disc-0001.*)$/.test(file.path)),
  ).toEqual([])
  await expect(store.put(path.join(root, 'missing'), 'wrong', facts)).rejects.toThrow(
    /^cannot read .*missing: no such/,
  )
})

test('SFTP without a shell: bytes are read back, and the room is unknown', async () => {
  const remote = await startRemote('sftp', path.join(root, 'sftp'))
  vi.stubEnv('RCLONE_CONFIG', remote.config)
  const store = await openStore(remote.place)
  try {
    for (let i = 0; i < 2; i++) expect(await store.put(local, 'a/b', facts)).toBe('read-back')
    expect((await store.list('', { recursive: true })).map((file) => file.path)).toEqual(['a/b'])
    expect(await store.room()).toEqual({ free: undefined, total: undefined })
  } finally {
    await store.close()
    await remote.close()
    vi.stubEnv('RCLONE_CONFIG', config)
  }
})

test('a remote that does not exist, or none at all', async () => {
  await expect(openStore('rclone:nowhere:x')).rejects.toThrow(
    /^cannot open rclone:nowhere:x: .*section in config/,
  )
  for (const place of ['rclone:x', 'rclone:', 'rclone:/tmp/x', 'rclone::'])
    await expect(openStore(place)).rejects.toMatchObject({ code: 'usage' })
})

test('a bandwidth that rclone does not understand', async () => {
  await expect(openStore(`rclone::local:${root}`, { bandwidth: 'fast' })).rejects.toThrow(/fast/)
})

test('without rclone, the error says how to get it', async () => {
  vi.stubEnv('PATH', '/nowhere')
  try {
    await expect(openStore('rclone:x:y')).rejects.toMatchObject({
      code: 'program',
      message: 'rclone is not installed',
      hint: 'on Debian: apt-get install rclone; or https://rclone.org/downloads',
    })
  } finally {
    vi.stubEnv('PATH', process.env['PATH'])
  }
})
