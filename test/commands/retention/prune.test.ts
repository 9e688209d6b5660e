import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backup, forget, prune, rebuild, verify } from '../../../src/index.ts'
import { longTest } from '../../support/rows.ts'
import { restored, scratchFolder } from '../../support/backup-set.ts'
import { troublesOf } from '../../support/check-set.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const [source, destination] = [at('source'), at('destination')]
const reader = path.join(import.meta.dirname, '../../independent-reader/read.py')
/** The tree of each backup. */
const states = new Map<number, string[]>()

async function backUp(number: number): Promise<void> {
  await backup({
    source,
    destination,
    medium: 'unlimited',
    chunkSizeBytes: 100_000,
    compress: 'none',
    jobs: 1,
  })
  states.set(number, describeTree(source))
}
const write = (name: string, bytes: number, seed: number): void =>
  fs.writeFileSync(path.join(source, name), noise(bytes, seed))

const chunks = (): string[] => fs.readdirSync(path.join(destination, 'disc-0001/chunks'))
const chunkBytes = (): number =>
  chunks().reduce((sum, name) => sum + fs.statSync(path.join(destination, 'disc-0001/chunks', name)).size, 0)

/** Five backups: `large` and `link` change each time, `stays` never, `short` is in backup 2 alone. */
beforeAll(async () => {
  fs.mkdirSync(path.join(source, 'folder'), { recursive: true })
  write('stays', 90_000, 1)
  write('split', 250_000, 2)
  for (let number = 1; number <= 5; number++) {
    write('large', 95_000, 10 + number)
    write(`folder/small-${number}`, 10, number)
    if (number === 2) write('folder/short', 95_000, 3)
    if (number === 3) fs.rmSync(path.join(source, 'folder/short'))
    if (number === 4) write('split', 250_000, 4)
    fs.rmSync(path.join(source, 'link'), { force: true })
    fs.symlinkSync(`target ${number}`, path.join(source, 'link'))
    await backUp(number)
  }
})

/**
 * Every remaining backup comes back by butcher, by the independent reader, and by it from the chunks alone.
 */
async function expectAllBack(from = destination): Promise<void> {
  for (const [number, state] of states) {
    expect(await restored({ from: [from], into: at('out'), at: String(number) })).toEqual(state)
    for (const more of [[], ['--chunks-only']]) {
      fs.rmSync(at('out'), { recursive: true })
      program('python3', [reader, ...more, '--at', String(number), from, at('out')])
      expect(describeTree(at('out'))).toEqual(state)
    }
  }
}

const rowsOf = (file: string): string[] => {
  const db = new Database(file, { readonly: true })
  try {
    const tables = ['backup', 'disc', 'chunk', 'content', 'part', 'root', 'problem', 'unfinished']
    const own = tables.map((table) =>
      JSON.stringify(db.prepare(`SELECT * FROM ${table}`).safeIntegers(false).all()),
    )
    const entries = db
      .prepare(
        `SELECT path, first, last, type, mode, uid, gid, CAST(mtime AS TEXT) AS mtime, CAST(ctime AS TEXT) AS ctime, size,
          content, member, link, data, sparse FROM entry JOIN owner o ON o.id = owner LEFT JOIN attribute a ON a.id = attributes`,
      )
      .all()
    const meta = db.prepare("SELECT key, value FROM meta WHERE key <> 'names' ORDER BY key").all()
    return [...own, JSON.stringify(entries), JSON.stringify(meta)]
  } finally {
    db.close()
  }
}

test('a dry run tells what a prune frees', async () => {
  await forget({ destination, keepLast: 2 })
  const [before, bytes] = [chunks(), chunkBytes()]
  const plan = await prune({ destination, dryRun: true })
  expect(plan).toMatchObject({ backups: [1, 2, 3], reason: null, dryRun: true })
  // The old contents of large and split, and short.
  expect(plan.bytesFreed).toBeGreaterThan(350_000)
  expect(chunks()).toEqual(before)
  expect(chunkBytes()).toBe(bytes)
})

test('a prune removes forgotten backups and their chunks, and everything else comes back', async () => {
  const bytes = chunkBytes()
  const done = await prune({ destination })
  expect(done).toMatchObject({ backups: [1, 2, 3], reason: null, dryRun: false })
  expect(bytes - chunkBytes()).toBe(done.bytesFreed)
  expect(chunkBytes()).toBe(done.bytesStored)
  for (const number of [1, 2, 3]) states.delete(number)
  expect(await troublesOf({ destination })).toEqual([])
  expect(await verify({ from: [destination] })).toMatchObject({ damaged: 0, missing: 0 })
  await expectAllBack()
  await expect(forget({ destination, undo: [2] })).rejects.toThrow('there is no backup 2')
})

test('a catalog rebuilt from the chunks has the same rows', async () => {
  const summary = await rebuild({ from: [destination], catalog: at('rebuilt.sqlite'), jobs: 1 })
  expect(summary).toMatchObject({ complete: true, missingChunks: [], damaged: [] })
  expect(rowsOf(at('rebuilt.sqlite'))).toEqual(rowsOf(path.join(destination, 'catalog.sqlite')))
})

test('without forgotten backups a prune does nothing', async () => {
  const before = chunks()
  expect(await prune({ destination })).toMatchObject({ backups: [], chunksDropped: [], bytesFreed: 0 })
  expect(chunks()).toEqual(before)
})

longTest('backups and prunes go on, and no number is used twice', async () => {
  const used = new Set(chunks())
  for (let number = 6; number <= 8; number++) {
    write('large', 95_000, 20 + number)
    await backUp(number)
    for (const name of chunks()) used.add(name)
  }
  await forget({ destination, keepLast: 1 })
  await prune({ destination })
  for (const number of [4, 5, 6, 7]) states.delete(number)
  // One with the rest of chunks that were mostly dead, and the checkpoint.
  expect(chunks().filter((name) => !used.has(name))).toHaveLength(2)
  expect(await troublesOf({ destination })).toEqual([])
  await expectAllBack()
  write('large', 95_000, 30)
  await backUp(9)
  expect(await restored({ from: [destination], into: at('out') })).toEqual(states.get(9))
})
