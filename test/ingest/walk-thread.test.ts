import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { pathForSystem } from '../../src/format/path-text.ts'
import { entriesOf } from '../../src/ingest/entry-batch.ts'
import type { SourceEntry, SourceProblem } from '../../src/ingest/source-entry.ts'
import { folderKey, walk } from '../../src/ingest/walk.ts'
import { type WalkOfSource, WalkThread } from '../../src/ingest/walk-thread.ts'
import { plantTree } from '../support/plant-tree.ts'
import { sampleTree } from '../support/sample-trees.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'walk-thread-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

const source = path.join(root, 'source')
fs.mkdirSync(source)
plantTree(source, sampleTree)
fs.writeFileSync(pathForSystem(path.join(source, 'no text \udcff')), 'x')
fs.mkdirSync(path.join(source, 'left'))

const plain: WalkOfSource = { source, filter: {}, leaveOut: [], oneFileSystem: false }

async function found(options: WalkOfSource, batchEntries: number) {
  const thread = new WalkThread(options, { batchEntries, mostAhead: 2 })
  const entries: SourceEntry[] = []
  const problems: SourceProblem[] = []
  const left: string[] = []
  for (let some; (some = await thread.next(undefined));) {
    entries.push(...entriesOf(some.entries))
    problems.push(...some.problems)
    left.push(...some.left.map((one) => one.path))
  }
  await thread.stop()
  return { entries, problems, left }
}

test.each([1, 7, 2000])('what the walk yields comes over, in batches of %i', async (batchEntries) => {
  const expected = walk(source, {
    takeFile: () => true,
    takeFolder: () => true,
    leaveOut: new Set(),
    onLeftOut: () => {},
    onProblem: () => {},
  })
  expect((await found(plain, batchEntries)).entries).toEqual([...expected])
})

test('filters work there, and what is left out and what is wrong is told', async () => {
  const loop = path.join(source, 'rules')
  fs.mkdirSync(path.join(loop, '.butcherignore'), { recursive: true })
  const key = folderKey(fs.statSync(path.join(source, 'left'), { bigint: true }))
  const all = await found({ ...plain, filter: { exclude: ['/dir'] }, leaveOut: [key] }, 3)
  expect(all.left).toEqual(['left'])
  expect(all.problems.map((problem) => problem.path)).toEqual(['rules/.butcherignore'])
  expect(all.entries.filter((entry) => /^(dir|left)(\/|$)/.test(entry.path))).toEqual([])
})

test('it ends where it waits to go on', async () => {
  const thread = new WalkThread(plain, { batchEntries: 1, mostAhead: 1 })
  expect(await thread.next(undefined)).toBeDefined()
  await thread.stop()
})

test('a source that cannot be read, and a wait that is ended', async () => {
  const gone = new WalkThread({ ...plain, source: path.join(root, 'gone') })
  await expect(gone.next(undefined)).rejects.toMatchObject({ code: 'ENOENT' })
  await gone.stop()
  const ended = new AbortController()
  const thread = new WalkThread({ ...plain, source: root })
  const first = thread.next(ended.signal)
  ended.abort()
  await expect(first).rejects.toMatchObject({ code: 'aborted' })
  await thread.stop()
})
