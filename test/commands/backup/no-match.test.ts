import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { find } from '../../../src/commands/catalog/find.ts'
import { list, type ListOptions } from '../../../src/commands/catalog/list.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import type { RestoreOptions } from '../../../src/commands/restore/restore-options.ts'
import { describeTree } from '../../support/tree.ts'
import { type BackupRun, runBackup, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

let folder: string
let source: string
let destination: string

function plant(): void {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'match-'))
  source = path.join(folder, 'source')
  destination = path.join(folder, 'dest')
  for (const name of ['a.txt', '#b', 'sub/c.txt', 'sub/deep/d.o', 'other/e.txt', 'end ']) {
    fs.mkdirSync(path.dirname(path.join(source, name)), { recursive: true })
    fs.writeFileSync(path.join(source, name), name)
  }
  fs.mkdirSync(path.join(source, 'empty'))
}

const backUp = (options: Partial<BackupOptions> = {}): Promise<BackupRun> =>
  runBackup({ source, destination, medium: '5MB', ...options })

const files = (options: ListOptions = {}): string[] => {
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  try {
    return [...list(db, options).entries].filter(({ type }) => type === 'file').map((entry) => entry.path)
  } finally {
    db.close()
  }
}

/** All but the times of folders: a run takes the lock, and gives it back. */
const contents = (): string[] => describeTree(destination).filter((line) => !line.endsWith(' dir'))

const all = ['#b', 'a.txt', 'end ', 'other/e.txt', 'sub/c.txt', 'sub/deep/d.o']

describe('a backup of nothing', () => {
  let before: string[]
  beforeAll(async () => {
    plant()
    await backUp()
    before = contents()
  })

  test.each([
    [{ include: ['nosuch'] }, `matches --include 'nosuch'`],
    [{ include: ['./nosuch', 'no/*.txt'] }, `matches --include './nosuch' --include 'no/*.txt'`],
    [{ include: ['/elsewhere/a.txt'] }, `matches --include '/elsewhere/a.txt'`],
    [{ include: ['!a.txt'] }, `matches --include '!a.txt'`],
    [{ filter: '\\.jpg$' }, `matches --filter '\\.jpg$'`],
    [{ include: ['sub/'], filter: '^a' }, `matches --filter '^a' with --include 'sub/'`],
    [{ exclude: ['*'] }, '--exclude leaves nothing of the source'],
    [{ exclude: ['.'] }, '--exclude leaves nothing of the source'],
  ] as const)('%j takes nothing: it is refused, and nothing is written', async (options, message) => {
    const nowhere = path.join(folder, 'nowhere')
    await expect(backUp({ ...options, destination: nowhere })).rejects.toMatchObject({
      code: 'no-match',
      message: expect.stringContaining(message) as string,
    })
    expect(fs.existsSync(nowhere)).toBe(false)
    for (const dryRun of [false, true])
      await expect(backUp({ ...options, dryRun })).rejects.toMatchObject({ code: 'no-match' })
    expect(contents()).toEqual(before)
  })

  test('what was refused is no new default, and nothing counts as deleted', async () => {
    expect(await backUp()).toMatchObject({ filesUnchanged: 6, filesDeleted: 0 })
  })
})

describe('backup', () => {
  beforeEach(plant)

  test('patterns that match nothing are named, in the words of the call', async () => {
    const patterns = path.join(folder, 'patterns')
    fs.writeFileSync(patterns, '*.swp\n')
    const run = await backUp({
      include: ['sub/', './empty/', 'typo', `${source}/typo2`],
      exclude: ['*.o', './nosuch', '#none', '!keep'],
      excludeFrom: [patterns],
    })
    expect(run.told.map((line) => line.replace(/ matches nothing in the source .*$/, ''))).toEqual([
      `: --include 'typo'`,
      `: --include '${source}/typo2'`,
      `: --exclude './nosuch'`,
      `: --exclude '#none'`,
    ])
    expect(run.warnings).toBe(4)
    expect(files()).toEqual(['sub/c.txt'])
    // Kept excludes may well match nothing; a kept include that does is worth a word.
    const again = await backUp()
    expect(again.told.map((line) => line.replace(/ matches nothing .*$/, ''))).toEqual([
      `: --include 'typo'`,
      `: --include '/typo2'`,
    ])
  })

  test.each([
    [{ exclude: ['./a.txt'] }, ['#b', 'end ', 'other/e.txt', 'sub/c.txt', 'sub/deep/d.o']],
    [{ exclude: ['#b'] }, ['a.txt', 'end ', 'other/e.txt', 'sub/c.txt', 'sub/deep/d.o']],
    [{ exclude: ['end '] }, ['#b', 'a.txt', 'other/e.txt', 'sub/c.txt', 'sub/deep/d.o']],
    [{ exclude: ['sub//deep/', 'SOURCE/other'] }, ['#b', 'a.txt', 'end ', 'sub/c.txt']],
    [{ include: ['SOURCE/sub/deep', './a.txt'] }, ['a.txt', 'sub/deep/d.o']],
    [{ include: ['SOURCE'] }, all],
  ])('%j is understood', async (options, expected) => {
    const patterns = Object.entries(options).map(([name, given]) => [
      name,
      given.map((pattern) => pattern.replace('SOURCE', source)),
    ])
    const run = await backUp(Object.fromEntries(patterns) as Partial<BackupOptions>)
    expect(run.told).toEqual([])
    expect(files()).toEqual(expected)
  })
})

describe('what is there', () => {
  let out: string
  let told: string[]
  const restored = async (options: Partial<RestoreOptions>): Promise<number> => {
    told = []
    const summary = await restore({
      from: [destination],
      destination: out,
      jobs: 1,
      ...options,
      report: (event) => event.type === 'warning' && told.push(event.message),
    })
    return summary.files
  }

  beforeAll(async () => {
    plant()
    await backUp()
  })
  let restores = 0
  beforeEach(() => void (out = path.join(folder, `out-${++restores}`)))

  test.each([
    [{ include: ['nosuch'] }, `nothing in backup 1 matches --include 'nosuch'`],
    [{ include: ['/usr/lib'] }, `nothing in backup 1 matches --include '/usr/lib'`],
    [{ filter: 'jpg' }, `no file in backup 1 matches --filter 'jpg'`],
    [{ include: ['a.txt'], exclude: ['*.txt'] }, '--exclude leaves nothing of backup 1'],
  ])('restore and list of nothing fail: %j', async (options, message) => {
    const failure = { code: 'no-match', message }
    for (const dryRun of [false, true])
      await expect(restored({ ...options, dryRun })).rejects.toMatchObject(failure)
    expect(fs.existsSync(out)).toBe(false)
    expect(() => files(options)).toThrow(expect.objectContaining(failure) as Error)
  })

  test('one pattern of several is named', async () => {
    expect(await restored({ include: ['a.txt', './nosuch'], exclude: ['*.jpg'] })).toBe(1)
    expect(told).toEqual([
      `--include './nosuch' matches nothing in backup 1`,
      `--exclude '*.jpg' matches nothing in backup 1`,
    ])
  })

  test.each(['SOURCE/sub', './sub', 'sub//', 'sub/.', 'SOURCE//sub/'])(
    'include %s is the folder sub',
    async (text) => {
      const include = [text.replace('SOURCE', source)]
      expect(await restored({ include })).toBe(2)
      expect(told).toEqual([])
      expect(files({ include })).toEqual(['sub/c.txt', 'sub/deep/d.o'])
      expect(files({ path: include[0] as string })).toEqual(['sub/c.txt'])
    },
  )

  test('a path that is not there, and what find looks for', () => {
    expect(() => files({ path: `${source}/nosuch` })).toThrow(
      expect.objectContaining({ code: 'no-match' }) as Error,
    )
    const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
    for (const pattern of [`${source}/sub/c.txt`, 'sub//c.txt', './sub/c.txt', `${source}/sub/*.txt`])
      expect([...find(db, pattern)].map(({ entry }) => entry.path)).toEqual(['sub/c.txt'])
    db.close()
  })
})
