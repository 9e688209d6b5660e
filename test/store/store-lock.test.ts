import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { ButcherEvent } from '../../src/events.ts'
import { ownRecord, type LockRecord } from '../../src/store/lock-record.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'
import { takeStoreLock } from '../../src/store/store-lock.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'store-lock-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

let folder: string
let store: Store
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(root, 'store-'))
  store = await openStore(folder)
})

const locks = (): string[] => {
  const inner = path.join(folder, '.butcher/locks')
  return fs.existsSync(inner) ? fs.readdirSync(inner).sort() : []
}
const plant = (id: string, record: Partial<LockRecord> | string, modified = new Date()): void => {
  const file = path.join(folder, '.butcher/locks', id)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const text =
    typeof record === 'string'
      ? record
      : JSON.stringify({ ...ownRecord(new Date().toISOString()), ...record })
  fs.writeFileSync(file, text)
  fs.utimesSync(file, modified, modified)
}
/** A store that shows the time of the local file, as sftp does. */
const withLocalTimes = (inner: Store): Store =>
  new Proxy(inner, {
    get: (target, name) => {
      const value = target[name as keyof Store] as unknown
      if (name === 'list')
        return async (...given: Parameters<Store['list']>) =>
          (await target.list(...given)).map((file) => ({ ...file, modified: new Date('2001-01-01') }))
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })

const id = '0123456789abcdef'
const elsewhere = { host: 'elsewhere', processSpace: 'pid:[1]', processStart: '1 another-boot', pid: 77 }
const minutes = (count: number): Date => new Date(Date.now() - count * 60_000)

test('one at a time; the second is told who holds it', async () => {
  const lock = await takeStoreLock(store)
  expect(locks()).toHaveLength(1)
  const told = {
    code: 'locked',
    message: expect.stringMatching(
      `is in use by process ${process.pid} on ${os.hostname()}, since 20`,
    ) as string,
  }
  await expect(takeStoreLock(store)).rejects.toMatchObject(told)
  expect(locks()).toHaveLength(1)
  await lock.check()
  await lock.release()
  expect(locks()).toEqual([])
  await (await takeStoreLock(store)).release()
  expect(locks()).toEqual([])
})

test('of runs that begin at one moment at most one gets it', async () => {
  const runs = await Promise.allSettled(Array.from({ length: 4 }, () => takeStoreLock(store)))
  const held = runs.filter((run) => run.status === 'fulfilled')
  expect(held.length).toBeLessThanOrEqual(1)
  for (const run of held) await run.value.release()
  expect(locks()).toEqual([])
})

test.each([
  ['a process of this machine that has ended', `${id}.3`, { pid: 4_000_000 }, minutes(0)],
  [
    'a process whose number another one has now',
    `${id}.3`,
    { processStart: `1 ${ownRecord('').processStart.split(' ')[1]}` },
    minutes(0),
  ],
  ['another machine, not renewed for 11 minutes', `${id}.3`, elsewhere, minutes(11)],
  ['nobody: garbage, 11 minutes old', `${id}.3`, '{', minutes(11)],
])('the lock of %s does not stand in the way', async (_, name, record, modified) => {
  plant(name, record, modified)
  const lock = await takeStoreLock(store)
  expect(locks()).toHaveLength(1)
  expect(locks()).not.toContain(name)
  await lock.release()
})

test.each([
  ['another machine, renewed 9 minutes ago', elsewhere, minutes(9)],
  [
    'another machine whose clock is a day behind, renewed just now',
    { ...elsewhere, refreshed: minutes(1440).toISOString() },
    minutes(0),
  ],
  ['nobody knows, written just now', '{', minutes(0)],
])('the lock of %s holds', async (_, record, modified) => {
  plant(`${id}.3`, record, modified)
  await expect(takeStoreLock(store)).rejects.toMatchObject({ code: 'locked' })
  expect(locks()).toEqual([`${id}.3`])
})

test('where the store tells no time of its own, an old lock is watched until it surely is dead', async () => {
  const events: ButcherEvent[] = []
  plant(`${id}.3`, { ...elsewhere, refreshed: minutes(60).toISOString() })
  const lock = await takeStoreLock(withLocalTimes(store), {
    refreshMs: 40,
    report: (event) => events.push(event),
  })
  expect(locks()).not.toContain(`${id}.3`)
  expect(events).toEqual([
    {
      type: 'note',
      message: expect.stringMatching(
        /has an old lock of process 77 on elsewhere, since .*; watching it for 1 s/,
      ) as string,
    },
  ])
  await lock.release()
})

test('a lock that looks old but is renewed while it is watched holds', async () => {
  plant(`${id}.3`, { ...elsewhere, refreshed: minutes(60).toISOString() })
  const report = (): void => {
    plant(`${id}.4`, { ...elsewhere, refreshed: minutes(60).toISOString() })
    fs.unlinkSync(path.join(folder, '.butcher/locks', `${id}.3`))
  }
  await expect(takeStoreLock(withLocalTimes(store), { refreshMs: 40, report })).rejects.toMatchObject({
    code: 'locked',
  })
  expect(locks()).toEqual([`${id}.4`])
})

test('a holder whose lock was taken away notices it', async () => {
  const lock = await takeStoreLock(store, { refreshMs: 1 })
  for (const name of locks()) fs.unlinkSync(path.join(folder, '.butcher/locks', name))
  await expect(
    (async () => {
      for (;;) {
        for (const name of locks()) fs.rmSync(path.join(folder, '.butcher/locks', name), { force: true })
        await lock.check()
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    })(),
  ).rejects.toThrow(/the lock of .* is lost: another run took it over/)
  await lock.release()
})
