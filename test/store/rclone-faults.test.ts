import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ButcherEvent } from '../../src/events.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'
import { type FaultProxy, startProxy } from '../support/stores/fault-proxy.ts'
import { type S3Server, startS3 } from '../support/stores/s3-server.ts'
import { longTest } from '../support/rows.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'rclone-faults-'))
const local = path.join(root, 'file')
const content = randomBytes(3_000_000)
const facts = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
let s3: S3Server
let proxy: FaultProxy
let store: Store
const events: ButcherEvent[] = []

beforeAll(async () => {
  fs.writeFileSync(local, content)
  s3 = await startS3({ room: 20_000_000 })
  proxy = await startProxy(s3.port)
  const options = `provider=Other,access_key_id=A,secret_access_key=B,endpoint="http://127.0.0.1:${proxy.port}"`
  store = await openStore(`rclone::s3,${options}:bucket/set`, { report: (event) => events.push(event) })
})
afterEach(() => {
  for (const fault of Object.keys(proxy.faults)) delete proxy.faults[fault as keyof typeof proxy.faults]
  events.length = 0
})
afterAll(async () => {
  await store.close()
  await proxy.close()
  await s3.close()
  fs.rmSync(root, { recursive: true })
})

test('errors to one call in three: everything is done all the same', async () => {
  proxy.faults.errorEvery = 3
  for (let i = 0; i < 4; i++) await store.put(local, `chunks/${i}`, facts)
  expect((await store.list('chunks')).map(({ bytes }) => bytes)).toEqual(Array(4).fill(content.length))
  for (let i = 0; i < 4; i++)
    expect(Buffer.concat(await store.get(`chunks/${i}`).toArray()).equals(content)).toBe(true)
})

test('an upload that is cut off has no name, and is sent again', async () => {
  proxy.faults.cutAfterBytes = 1_000_000
  expect(await store.put(local, 'cut', facts)).toBe('hash')
  expect(proxy.faults.cutAfterBytes).toBeUndefined()
  expect(s3.objects.get('bucket/set/cut')?.bytes.equals(content)).toBe(true)
})

test('a store that is away is waited for; the user is told once', async () => {
  proxy.faults.isAway = true
  proxy.cut()
  setTimeout(() => delete proxy.faults.isAway, 2000)
  const [list, stat] = await Promise.all([store.list('chunks'), store.stat('cut')])
  expect([list.length, stat?.bytes]).toEqual([4, content.length])
  const told = events.map((event) => (event.type === 'note' ? event.message : event.type))
  expect(told.filter((one) => one.startsWith('waiting for rclone::s3,provider=Other,'))).toHaveLength(1)
  expect(told.filter((one) => one.endsWith('answers again'))).toHaveLength(1)
  expect(told.join()).toContain('secret_access_key=***')
  expect(told.join()).not.toContain('secret_access_key=B')
})

longTest('a full store', async () => {
  const puts = Array.from({ length: 8 }, (_, i) => store.put(local, `more/${i}`, facts))
  const results = await Promise.allSettled(puts)
  const failed = results.filter((result) => result.status === 'rejected')
  expect(failed.length).toBeGreaterThan(5)
  for (const { reason } of failed)
    expect(reason).toMatchObject({ code: 'no-space', hint: expect.stringMatching(/^make room/) as string })
})

test('a stop ends an upload', async () => {
  proxy.faults.bytesPerSecond = 10_000
  const signal = AbortSignal.timeout(500)
  await expect(store.put(local, 'slow', facts, { signal })).rejects.toMatchObject({ code: 'aborted' })
  expect(s3.objects.has('bucket/set/slow')).toBe(false)
})
