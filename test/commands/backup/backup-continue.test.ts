import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { rows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import {
  type BackupRun,
  burn,
  checkDiscs,
  chunkFiles,
  discFolders,
  passphrase,
  restored,
  runBackup,
  storedMembers,
} from '../../support/backup-set.ts'
import { testSet } from '../../support/test-set.ts'

const set = testSet()
const { write } = set

const medium = '1MB'
let folder: string
let source: string
let destination: string
let shelf: string

beforeEach(() => {
  ;({ folder, source, destination } = set)
  shelf = path.join(folder, 'shelf')
  fs.mkdirSync(path.join(source, 'sub'), { recursive: true })
  write('video.bin', noise(2_400_000, 1))
  write('sub/photo.bin', noise(300_000, 2))
  write('sub/text.txt', Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''))
  write('a.txt', 'a\n')
  fs.linkSync(path.join(source, 'video.bin'), path.join(source, 'sub/video-too.bin'))
})

/** The same command again and again, each time for one disc, which is burned and moved away. */
async function discByDisc(
  options: Partial<BackupOptions>,
  between: (run: number) => void = () => {},
): Promise<BackupRun[]> {
  const runs: BackupRun[] = []
  do {
    const run = await runBackup({
      source,
      destination,
      medium,
      chunkSizeBytes: 200_000,
      maxDiscs: 1,
      ...options,
    })
    runs.push(run)
    expect(run.told).toEqual([])
    expect(run.fill.length).toBeLessThanOrEqual(1)
    checkDiscs(discFolders(destination), medium)
    burn(destination, shelf)
    between(runs.length)
  } while (runs.at(-1)?.complete !== true && runs.length < 12)
  return runs
}

const unfinished = (backup: number): string[] => [1, 2, 3].map(() => `${backup} false`)

const sizes = (members: { size: number }[]): number => members.reduce((sum, { size }) => sum + size, 0)
const everything = (): string[] => [shelf, destination]

test.each(rows<Partial<BackupOptions>>([{}, { passphrase }], [1]))(
  'a disc at a time, until a file that spans three is stored (%j)',
  async (secrets) => {
    const runs = await discByDisc(secrets)
    expect(runs.map(({ complete, backup }) => `${backup} ${complete}`)).toEqual([...unfinished(1), '1 true'])
    const out = path.join(folder, 'out')
    expect(await restored({ from: everything(), into: out, ...secrets })).toEqual(describeTree(source))
    const members = storedMembers(chunkFiles(discFolders(shelf)))
    const parts = members.filter(({ name }) => name.includes('video'))
    expect(sizes(parts)).toBe(2_400_000)
    expect(new Set(parts.map(({ sha256 }) => sha256)).size).toBe(parts.length)
    const next = await runBackup({ source, destination, medium, ...secrets })
    expect(next).toMatchObject({ backup: 2, complete: true, filesUnchanged: 5, chunks: 0 })
  },
)

test('what changes between two of its discs is in the backup as it is in the end', async () => {
  const runs = await discByDisc({}, (run) => {
    if (run === 1) {
      write('a.txt', 'a, changed\n')
      fs.renameSync(path.join(source, 'sub/text.txt'), path.join(source, 'text-moved.txt'))
      write('new.txt', 'new\n')
    } else if (run === 2) {
      fs.rmSync(path.join(source, 'new.txt'))
      fs.mkdirSync(path.join(source, 'new.txt'))
    }
  })
  expect(runs.at(-1)?.complete).toBe(true)
  expect(new Set(runs.map(({ backup }) => backup))).toEqual(new Set([1]))
  const out = path.join(folder, 'out')
  expect(await restored({ from: everything(), into: out })).toEqual(describeTree(source))
})

test('a file in work that changes between two discs is begun anew', async () => {
  const runs = await discByDisc({}, (run) => {
    if (run === 1) write('video.bin', noise(2_000_000, 3))
  })
  expect(runs.at(-1)?.complete).toBe(true)
  const out = path.join(folder, 'out')
  expect(await restored({ from: everything(), into: out })).toEqual(describeTree(source))
})

test('what was moved between two discs of one backup is not stored again', async () => {
  for (const name of ['video.bin', 'sub/video-too.bin', 'sub/photo.bin']) fs.rmSync(path.join(source, name))
  fs.mkdirSync(path.join(source, 'small'))
  for (let i = 0; i < 150; i++) write(`small/${i}.bin`, noise(8_000, 100 + i))
  const runs = await discByDisc({}, (run) => {
    if (run === 1) fs.renameSync(path.join(source, 'small'), path.join(source, 'sub/moved'))
  })
  expect(runs.map(({ complete }) => complete)).toEqual([false, true])
  const out = path.join(folder, 'out')
  expect(await restored({ from: everything(), into: out })).toEqual(describeTree(source))
  const members = storedMembers(chunkFiles(discFolders(shelf)))
  expect(members.some(({ name }) => name.startsWith('small/'))).toBe(true)
  expect(sizes(members.filter(({ name }) => /^(small|sub\/moved)\/./.test(name)))).toBe(150 * 8_000)
})

test('--full comes to its end disc by disc, too, and stores everything once more', async () => {
  await discByDisc({})
  const before = chunkFiles(discFolders(shelf)).length
  const runs = await discByDisc({ full: true })
  expect(runs.map(({ complete, backup }) => `${backup} ${complete}`)).toEqual([...unfinished(2), '2 true'])
  const members = storedMembers(chunkFiles(discFolders(shelf)).slice(before))
  expect(sizes(members.filter(({ name }) => name.includes('video')))).toBe(2_400_000)
  expect(sizes(members.filter(({ name }) => name.includes('photo')))).toBe(300_000)
  const out = path.join(folder, 'out')
  const second = discFolders(shelf).slice(-runs.length)
  expect(await restored({ from: [...second, destination], at: '2', into: out })).toEqual(describeTree(source))
})
