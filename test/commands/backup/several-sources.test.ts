/** Several sources in one backup, each below its name. */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { rebuild } from '../../../src/index.ts'
import { restored, runBackup } from '../../support/backup-set.ts'
import { noise } from '../../support/sample-trees.ts'
import { testSet } from '../../support/test-set.ts'
import { describeTree, program, tryProgram } from '../../support/tree.ts'
import { longTest } from '../../support/rows.ts'

const set = testSet()
const reader = path.join(import.meta.dirname, '../../independent-reader/read.py')
const at = (name: string): string => path.join(set.source, name)
const into = (name: string): string => path.join(set.folder, name)
const both = (): string[] => [at('photos'), at('letters')]
/** Without the line of the folder itself. */
const inner = (lines: readonly string[]): string[] => lines.filter((line) => !line.startsWith('. '))

beforeEach(() => {
  set.write('photos/2025/a.jpg', noise(40_000, 1))
  set.write('photos/b.jpg', noise(50_000, 2))
  set.write('letters/b.txt')
  set.write('letters/.butcherignore', '*.tmp\n')
  set.write('letters/x.tmp')
  set.write('letters-old/c.txt')
})

function rowsOf<T>(sql: string): T[] {
  const db = new Database(path.join(set.destination, 'catalog.sqlite'), { readonly: true })
  try {
    return db.prepare(sql).pluck().all() as T[]
  } finally {
    db.close()
  }
}

test('each is stored below its name, in the order of one tree, and comes back by every way', async () => {
  const source = [...both(), at('letters-old'), at('note')]
  fs.writeFileSync(at('real'), 'note')
  fs.symlinkSync('real', at('note'))
  const made = await runBackup({ source, destination: set.destination })
  expect(made).toMatchObject({ filesNew: 6, filesKept: 0, warnings: 0 })
  expect(rowsOf('SELECT path FROM restore_plan')).toEqual([
    'letters', 'letters-old', 'letters-old/c.txt', 'letters/.butcherignore', 'letters/b.txt', 'note', 'photos',
    'photos/2025', 'photos/2025/a.jpg', 'photos/b.jpg',
  ]) // prettier-ignore
  expect(JSON.parse(rowsOf<string>('SELECT source FROM backups')[0] as string)).toEqual(
    Object.fromEntries(source.map((one) => [path.basename(one), one])),
  )
  expect(rowsOf("SELECT printf('%o', mode) FROM root")).toEqual(['755'])
  fs.rmSync(at('note'))
  fs.renameSync(at('real'), at('note'))
  fs.rmSync(at('letters/x.tmp'))
  fs.utimesSync(at('letters'), 1e9, 1e9)
  await runBackup({ source, destination: set.destination })
  const expected = inner(describeTree(set.source))
  expect(inner(await restored({ from: [set.destination], into: into('out') }))).toEqual(expected)
  const index = into('rebuilt.sqlite')
  await rebuild({ from: [set.destination], catalog: index, jobs: 1 })
  expect(inner(await restored({ from: [set.destination], index, into: into('out') }))).toEqual(expected)
  program('python3', [reader, set.destination, into('read')])
  expect(inner(describeTree(into('read')))).toEqual(expected)
  program('bash', [path.join(set.destination, 'disc-0001/restore.sh'), into('by-hand')])
  expect(inner(describeTree(into('by-hand')))).toEqual(expected)
  const one = await restored({
    from: [set.destination],
    include: [`${at('letters')}/b.txt`],
    into: into('one'),
  })
  expect(one.map((line) => line.split(' ')[0])).toEqual(['.', 'letters', 'letters/b.txt'])
})

test('a source that is missing stays as it was, and the next backup goes on', async () => {
  const call = { source: both(), destination: set.destination }
  await runBackup(call)
  fs.writeFileSync(at('letters/b.txt'), 'other')
  const before = inner(describeTree(set.source)).filter((line) => !/\.tmp|old/.test(line))
  fs.renameSync(at('photos'), at('away'))
  const without = await runBackup(call)
  expect(without).toMatchObject({ filesChanged: 1, filesUnchanged: 1, filesKept: 2, filesDeleted: 0, sourceWarnings: 1 }) // prettier-ignore
  expect(without.told).toEqual([
    `photos: the source ${at('photos')} cannot be read: no such file or directory; its 2 files stay as in the backup before`,
  ])
  expect(rowsOf('SELECT files FROM backups')).toEqual([4, 4])
  expect(rowsOf('SELECT path FROM problem WHERE backup = 2')).toEqual(['photos'])
  expect(inner(await restored({ from: [set.destination], into: into('out') }))).toEqual(before)
  fs.mkdirSync(at('photos'))
  expect((await runBackup(call)).told).toEqual([
    expect.stringMatching(
      /^photos: .* is its file system mounted\?; its 2 files stay as in the backup before$/,
    ),
  ])
  fs.rmdirSync(at('photos'))
  fs.renameSync(at('away'), at('photos'))
  expect(await runBackup(call)).toMatchObject({ filesUnchanged: 4, filesKept: 0, sourceWarnings: 0 })
  for (const name of ['photos', 'letters']) fs.renameSync(at(name), at(`${name}-away`))
  await expect(runBackup(call)).rejects.toMatchObject({
    code: 'source',
    message: expect.stringMatching(/^no source can be read: .*photos cannot be read: no such file.*letters/),
  })
})

longTest('hard links go between sources; those of a missing one keep their content', async () => {
  const call = { source: both(), destination: set.destination }
  for (const name of ['p', 'q']) fs.linkSync(at('letters/b.txt'), at(`photos/${name}`))
  fs.symlinkSync('x', at('letters/s'))
  program('ln', ['-P', at('letters/s'), at('photos/s')])
  await runBackup(call)
  const linked = (number: string): string[] =>
    rowsOf(`SELECT path || ' ' || link FROM restore_plan WHERE type = 'hardlink' AND backup = ${number}`)
  expect(linked('1')).toEqual(['photos/p letters/b.txt', 'photos/q letters/b.txt', 'photos/s letters/s'])
  const first = inner(describeTree(set.source)).filter((line) => !/\.tmp|old/.test(line))
  fs.renameSync(at('photos'), at('away'))
  fs.rmSync(at('letters/s'))
  fs.writeFileSync(at('letters/b.txt.new'), 'changed')
  fs.renameSync(at('letters/b.txt.new'), at('letters/b.txt'))
  expect(await runBackup(call)).toMatchObject({
    filesChanged: 1,
    filesKept: 4,
    filesDeleted: 0,
    filesUnchanged: 1,
  })
  expect(linked('2')).toEqual(['photos/q photos/p'])
  fs.renameSync(at('away'), at('photos'))
  const second = inner(describeTree(set.source)).filter((line) => !/\.tmp|old/.test(line))
  for (const [number, expected] of [
    ['1', first],
    ['2', second],
  ] as const) {
    const out = into(`out-${number}`)
    expect(inner(await restored({ from: [set.destination], at: number, into: out }))).toEqual(expected)
    program('python3', [reader, '--at', number, '--chunks-only', set.destination, `${out}-read`])
    expect(inner(describeTree(`${out}-read`))).toEqual(expected)
  }
  expect(await runBackup(call)).toMatchObject({ filesUnchanged: 6, filesNew: 0, bytesSource: 0 })
})

longTest(
  'from one to several and back: paths change, content is not stored twice, and a warning says so',
  async () => {
    const { destination } = set
    await runBackup({ source: at('photos'), destination })
    const several = await runBackup({ source: both(), destination })
    expect(several).toMatchObject({ filesDeleted: 2, filesNew: 4, filesDeduplicated: 2, sourceWarnings: 0 })
    expect(several.told).toEqual([expect.stringMatching(/^: paths begin with the name of their source now/)])
    const other = await runBackup({ source: [at('photos'), at('letters-old')], destination })
    expect(other.told).toEqual([': letters is no longer a source: its files count as deleted'])
    const named = await runBackup({ source: at('photos'), as: ['photos'], destination })
    expect(named).toMatchObject({ filesUnchanged: 2, filesDeleted: 1 })
    const one = await runBackup({ source: at('photos'), destination })
    expect(one).toMatchObject({ filesNew: 2, filesDeduplicated: 2, filesDeleted: 2 })
    expect(one.told).toEqual([expect.stringMatching(/no longer begin .* \(to keep the name: --as photos\)$/)])
  },
)

test('names: given ones, odd ones, and those that are refused', async () => {
  const { destination } = set
  const call = (source: string[], as?: string[]) => runBackup({ source, destination, ...(as ? { as } : {}) })
  const refused: readonly (readonly [string[], string[] | undefined, RegExp])[] = [
    [[at('photos'), '.'], undefined, /^the source \. has no name of its own$/],
    [['/', at('photos')], undefined, /^the source \/ has no name/],
    [[at('photos'), '..'], undefined, /^the source \.\. has no name/],
    [[at('photos'), `${at('photos')}/../photos/`], undefined, /^two sources have the name photos: /],
    [both(), ['x'], /^1 names with --as for 2 sources$/],
    [both(), ['x', 'x'], /^two sources have the name x/],
    ...(['.', '..', 'a/b', '/', 'a\nb', '\x1b[2J', '.butcher', 'x'.repeat(256)].map(
      (name) => [both(), ['x', name], /cannot name a source/] as const,
    ) as [string[], string[], RegExp][]),
  ]
  for (const [source, as, message] of refused)
    await expect(call(source, as)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
    })
  await expect(runBackup({ source: both(), destination, asPartition: true })).rejects.toMatchObject({
    code: 'usage',
  })
  const odd = at('caf')
  program('bash', [
    '-c',
    String.raw`mkdir "$1"$'\xe9' "$1.butcher" && echo x | tee "$1"$'\xe9/f' "$1.butcher/g"`,
    'x',
    odd,
  ])
  const made = await call(
    [`${odd}\udce9`, `${odd}.butcher`, at('photos'), at('letters')],
    ['a\udcff', '.butcher-', 'P', 'p'],
  )
  expect(made.told).toEqual([
    ': the names P and p are one name on some file systems: a restore there mixes these sources',
  ])
  const names = (await restored({ from: [destination], into: into('out') })).map((line) => line.split(' ')[0])
  expect(names).toContain(String.raw`a\xff/f`)
  expect(names).toContain('.butcher-/g')
})

longTest('patterns look at whole paths; a whole source is not left out by one', async () => {
  const { destination } = set
  set.write('letters/2025/a.jpg', 'x')
  const call = (exclude: string[]) => runBackup({ source: both(), destination, exclude })
  await expect(call(['photos'])).rejects.toMatchObject({
    code: 'usage',
    message: `--exclude leaves out the whole source ${at('photos')}, named photos`,
  })
  await call(['/photos/2025', '*.txt'])
  expect(rowsOf("SELECT path FROM restore_plan WHERE type = 'file'")).toEqual([
    'letters/.butcherignore', 'letters/2025/a.jpg', 'photos/b.jpg',
  ]) // prettier-ignore
  expect((await call([`${at('letters')}/2025`])).told).toEqual([])
  expect(rowsOf("SELECT path FROM restore_plan WHERE type = 'file' AND backup = 2")).toEqual([
    'letters/.butcherignore', 'letters/b.txt', 'photos/2025/a.jpg', 'photos/b.jpg',
  ]) // prettier-ignore
  const made = await runBackup({ source: [set.source, at('photos')], destination, exclude: [] })
  expect(made).toMatchObject({ filesNew: 6, filesDeduplicated: 5 })
})

test('the command line: several words, names, statuses', () => {
  const run = (...words: string[]) =>
    tryProgram('node', [path.join(import.meta.dirname, '../../../bin/butcher.js'), ...words])
  const call = ['backup', '--no-encrypt', '--as', 'p', '--as', 'l', ...both(), set.destination]
  expect(run(...call).status).toBe(0)
  fs.rmSync(at('letters'), { recursive: true })
  const partial = run(...call, '--json')
  expect(partial.status).toBe(3)
  const lines = partial.stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(lines.at(-1)).toMatchObject({ files_kept: 2, files_unchanged: 2, source_warnings: 1 })
  fs.rmSync(at('photos'), { recursive: true })
  const failed = run(...call)
  expect([failed.status, failed.stderr.toString()]).toEqual([
    1,
    expect.stringContaining('no source can be read'),
  ])
})
