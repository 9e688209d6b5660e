/** Sets in stores that fail, and runs on several machines: nothing is lost, and the next run goes on. */

import fs from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { discs, log, noteDiscs, verify } from '../../src/index.ts'
import { changeSet } from '../../src/set/change-set.ts'
import { passphrase, restored } from '../support/backup-set.ts'
import { storeFaults } from '../support/faulty-store.ts'
import {
  backUp,
  chunkBytesIn,
  filesIn,
  onMachine,
  type Place,
  placesInStores,
} from '../support/places-in-stores.ts'
import { noise } from '../support/sample-trees.ts'
import { describeTree } from '../support/tree.ts'

vi.mock('../../src/store/open-store.ts', async () => {
  const { openFaultyStore } = await import('../support/faulty-store.ts')
  return { openStore: openFaultyStore }
})

const { root, newFolder, newPlace, bringsBack } = placesInStores()

test('damage in the store is found', async () => {
  const at = newPlace()
  await backUp(at)
  const chunk = path.join(at.store, 'disc-0001', 'chunks', fs.readdirSync(path.join(at.store, 'disc-0001', 'chunks'))[0] as string) // prettier-ignore
  const bytes = fs.readFileSync(chunk)
  bytes[600] = (bytes[600] as number) ^ 1
  fs.writeFileSync(chunk, bytes)
  const found: string[] = []
  const summary = await verify({ from: [at.place], onFile: ({ place }) => void found.push(place) })
  expect(summary.damaged).toBe(1)
  expect(new Set(found)).toEqual(new Set([`${at.place}/disc-0001`]))
})

test('an encrypted set has no name in clear in the cache', async () => {
  const at = newPlace()
  fs.writeFileSync(path.join(at.source, 'secret-name'), 'secret content')
  await backUp(at, { passphrase })
  expect(await restored({ from: [at.place], into: path.join(root, 'out'), passphrase })).toEqual(
    describeTree(at.source),
  )
  for (const folder of [at.cache, at.store]) {
    for (const file of filesIn(folder)) {
      const text = fs.readFileSync(path.join(folder, file), 'latin1')
      expect(file + text).not.toMatch(/secret-name|secret content/)
    }
  }
  await expect(log({ from: [at.place] })).rejects.toMatchObject({ code: 'secret' })
})

test('chunks beyond the staging room wait for the store', async () => {
  const at = newPlace()
  for (let i = 0; i < 30; i++) fs.writeFileSync(path.join(at.source, `g${i}`), noise(200_000, i))
  let most = 0
  storeFaults.onChange = (call) => {
    if (call.includes('/chunks/')) most = Math.max(most, chunkBytesIn(at.cache))
  }
  await backUp(at, { store: { stagingBytes: 1_000_000 }, compress: 'none', chunkSizeBytes: 100_000 })
  expect(most > 0 && most < 1_200_000).toBe(true)
  await bringsBack(at.place, at.source)
})

test('facts about discs are recorded in the store', async () => {
  const at = newPlace()
  await backUp(at, { medium: '2MB' })
  fs.writeFileSync(path.join(at.source, 'more'), noise(20_000, 77))
  await backUp(at, { newDisc: true })
  await noteDiscs({ destination: at.place, locate: [{ discs: [1], place: 'shelf B' }] })
  onMachine(newFolder())
  expect((await discs({ from: [at.place] })).discs[0]?.location).toBe('shelf B')
  await bringsBack(at.place, at.source)
})

test('only one run writes', async () => {
  const at = newPlace()
  await backUp(at)
  await changeSet({ destination: at.place }, async () => {
    await expect(backUp(at)).rejects.toMatchObject({ code: 'locked' })
    onMachine(newFolder())
    await expect(backUp(at)).rejects.toMatchObject({ code: 'locked' })
  })
  onMachine(at.cache)
  await backUp(at)
})

test('a run that has lost its lock in the store keeps others of this machine out of its files', async () => {
  const at = newPlace()
  await backUp(at)
  const record = path.join(at.store, '.butcher', 'set.json')
  const before = fs.readFileSync(record, 'utf8')
  await changeSet({ destination: at.place }, async () => {
    await vi.waitFor(() => expect(fs.readFileSync(record, 'utf8')).not.toBe(before))
    fs.rmSync(path.join(at.store, '.butcher', 'locks'), { recursive: true })
    await expect(backUp(at)).rejects.toThrow(`${at.place} is in use by process ${process.pid}`)
  })
  await backUp(at)
})

/** Backs up to a store that fails from its nth change on. False if there were fewer changes. */
async function failsAt(at: Place, n: number): Promise<boolean> {
  Object.assign(storeFaults, { changes: 0, failFrom: n })
  const error = await backUp(at).then(
    () => undefined,
    (reason: { readonly code?: unknown }) => reason,
  )
  storeFaults.failFrom = undefined
  expect(error === undefined ? 'io' : error.code).toBe('io')
  return error !== undefined
}

test.each(['same machine', 'cache lost', 'another machine'])(
  'a store that fails at any change leaves the old backups, and the next run goes on: %s',
  async (next) => {
    const at = newPlace()
    await backUp(at)
    const before = describeTree(at.source)
    let failed = 0
    for (let n = 1; ; n += 2) {
      fs.writeFileSync(path.join(at.source, 'f1'), noise(50_000, n))
      fs.writeFileSync(path.join(at.source, `new-${n}`), noise(20_000, 1000 + n))
      if (!(await failsAt(at, n))) break
      failed++
      expect((await log({ from: [at.place] })).length >= 1).toBe(true)
      expect((await verify({ from: [at.place] })).lostChunks).toEqual([])
      if (next === 'cache lost') fs.rmSync(at.cache, { recursive: true })
      if (next === 'another machine') onMachine(newFolder())
    }
    expect(failed > 3).toBe(true)
    await bringsBack(at.place, at.source)
    const first = path.join(root, 'first')
    const backups = await log({ from: [at.place] })
    expect(backups.every(({ finished }) => finished !== null)).toBe(true)
    expect(await restored({ from: [at.place], at: '1', into: first })).toEqual(before)
    const checked = await verify({ from: [at.place] })
    expect(checked).toMatchObject({ damaged: 0, missing: 0, surplus: 0, unchecked: 0 })
    await bringsBack(at.store, at.source)
  },
)

test('a backup without changes that failed goes on elsewhere', async () => {
  const at = newPlace()
  await backUp(at)
  let failed = 0
  for (let n = 1; await failsAt(at, n); n++, failed++) {
    expect((await log({ from: [at.place] })).length >= 1).toBe(true)
    onMachine(newFolder())
  }
  expect(failed > 3).toBe(true)
  await bringsBack(at.place, at.source)
  await bringsBack(at.store, at.source)
})

test('what a stopped run stored is not sent again', async () => {
  const at = newPlace()
  await failsAt(at, 12)
  const chunks = (): string[] => filesIn(at.store).filter((file) => file.includes('/chunks/'))
  const sent = chunks()
  expect(sent.length > 0).toBe(true)
  const puts: string[] = []
  storeFaults.onChange = (call) => puts.push(call)
  onMachine(newFolder())
  await backUp(at)
  for (const file of sent) expect(puts).not.toContain(`put ${file}`)
  await bringsBack(at.place, at.source)
})
