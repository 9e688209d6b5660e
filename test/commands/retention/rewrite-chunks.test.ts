/** A prune rewrites chunks of which little lives. Every backup that is left stays as it was. */

import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { backup, forget, prune, rebuild, verify } from '../../../src/index.ts'
import { passphrase, restored, scratchFolder } from '../../support/backup-set.ts'
import { troublesOf } from '../../support/check-set.ts'
import { makePrunedSet, type PrunedSet } from '../../support/pruned-set.ts'
import { rows, takesAllRows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const reader = path.join(import.meta.dirname, '../../independent-reader/read.py')

/** `folder`: of the set, which may be in a store. */
async function expectAllBack(
  { destination, states }: PrunedSet,
  folder: string,
  secret: string | undefined,
): Promise<void> {
  fs.writeFileSync(at('secret'), `${passphrase}\n`)
  for (const [number, copy] of states) {
    const state = describeTree(copy)
    const given = secret === undefined ? {} : { passphrase: secret }
    expect(await restored({ from: [destination], into: at('out'), at: String(number), ...given })).toEqual(
      state,
    )
    for (const more of [[], ['--chunks-only']]) {
      fs.rmSync(at('out'), { recursive: true })
      const secrets = secret === undefined ? [] : ['--passphrase-file', at('secret')]
      program('python3', [reader, ...secrets, ...more, '--at', String(number), folder, at('out')])
      expect(describeTree(at('out'))).toEqual(state)
    }
  }
}

const kinds = [
  ['not compressed', { compress: 'none' as const }],
  ['compressed and encrypted', { passphrase }],
  ['one worker for each core', { compress: 'zstd' as const, hash: 'sha512' as const }],
  ['in a store', { compress: 'none' as const, destination: `rclone::local:${at('store')}` }],
  ['encrypted, in a store', { passphrase, destination: `rclone::local:${at('encrypted-store')}` }],
] as const

test.each(rows(kinds, []))('every backup comes back: %s', async (name, options) => {
  const secret = 'passphrase' in options ? options.passphrase : undefined
  const given = secret === undefined ? {} : { passphrase: secret }
  const isInStore = 'destination' in options
  let prunes = 0
  await makePrunedSet(at(name), options, async (set) => {
    const { destination } = set
    const folder = destination.replace('rclone::local:', '')
    prunes++
    expect(isInStore ? [] : await troublesOf({ destination, ...given })).toEqual([])
    expect(await verify({ from: [destination], ...given })).toMatchObject({ damaged: 0, missing: 0 })
    // The second prune rewrites what the first one wrote.
    if (prunes === 2 || takesAllRows) await expectAllBack(set, folder, secret)
    const rebuilt = at(`${name}-${prunes}`)
    expect(await rebuild({ from: [destination], catalog: rebuilt, ...given })).toMatchObject({
      complete: true,
    })
    const chunks = fs.readdirSync(path.join(folder, 'disc-0001/chunks'))
    expect((await prune({ destination, ...given })).reason).toMatch('would free little')
    expect(fs.readdirSync(path.join(folder, 'disc-0001/chunks'))).toEqual(chunks)
  })
  expect(prunes).toBe(2)
})

test('the room is at most 1.5 times that of the live bytes, and a dry run tells what is rewritten', async () => {
  const [source, destination] = [at('small', 'source'), at('small', 'destination')]
  fs.mkdirSync(source, { recursive: true })
  const options = {
    source,
    destination,
    medium: 'unlimited',
    chunkSizeBytes: 100_000,
    compress: 'none',
    jobs: 1,
  } as const
  for (let turn = 1; turn <= 8; turn++) {
    for (let i = 0; i < 40; i++)
      if (turn === 1 || i % 8 === turn % 8)
        fs.writeFileSync(path.join(source, String(i)), noise(9_500, 100 * turn + i))
    await backup(options)
  }
  await forget({ destination, keepLast: 1 })
  const plan = await prune({ destination, dryRun: true })
  const done = await prune({ destination })
  expect(plan.chunksRewritten).toEqual(done.chunksRewritten)
  expect(plan.chunksDropped).toEqual(done.chunksDropped)
  expect(done.chunksRewritten.length).toBeGreaterThan(0)
  expect(Math.abs(plan.bytesRewritten - done.bytesRewritten)).toBeLessThan(20_000)
  expect(done.bytesStored).toBeLessThan(1.5 * 40 * 10_000)
  expect(await restored({ from: [destination], into: at('out') })).toEqual(describeTree(source))
})

test('a damaged chunk is not rewritten, and nothing is removed', async () => {
  const [source, destination] = [at('damaged', 'source'), at('damaged', 'destination')]
  fs.mkdirSync(source, { recursive: true })
  const options = { source, destination, medium: 'unlimited', compress: 'none', jobs: 1 } as const
  fs.writeFileSync(path.join(source, 'stays'), noise(10_000, 1))
  fs.writeFileSync(path.join(source, 'changes'), noise(90_000, 2))
  await backup(options)
  fs.writeFileSync(path.join(source, 'changes'), noise(90_000, 3))
  await backup(options)
  await forget({ destination, keepLast: 1 })
  const file = path.join(destination, 'disc-0001/chunks/00000001.tar')
  const bytes = fs.readFileSync(file)
  bytes[bytes.length - 3000] = (bytes[bytes.length - 3000] as number) ^ 1
  fs.writeFileSync(file, bytes)
  await expect(prune({ destination })).rejects.toMatchObject({ code: 'damaged', path: file })
  expect(fs.readdirSync(path.dirname(file))).toHaveLength(2)
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  expect(db.prepare('SELECT count(*) FROM backup').pluck().get()).toBe(2)
  db.close()
})
