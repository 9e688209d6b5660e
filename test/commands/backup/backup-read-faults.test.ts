/** What goes wrong while the source is read, at the very call where it does. */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, type CliResult } from '../../cli/cli.ts'
import { type ReadFault, readFaults } from '../../support/faults/read-faults.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'
import { restored, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const inside = (name: string): string => path.join(scratch.folder, name)
const source = inside('source')
const destination = inside('dest')
const at = (name: string): string => path.join(source, name)
const large = 5_500_000

const write = (name: string, data: string | Uint8Array): void => {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true })
  fs.writeFileSync(at(name), data)
}
/** Overwrites a byte, and gives the file the time that it had. */
const overwrite = (name: string): string =>
  `touch -r ${at(name)} ${inside('t')} && printf X | dd of=${at(name)} conv=notrunc status=none && touch -r ${inside('t')} ${at(name)}`

interface Case extends Omit<ReadFault, 'end'> {
  /** The path that the call is on. */
  readonly path: string
  /** The path that is told, where it is another; null: nothing is. */
  readonly told: string | RegExp | null
  readonly toldOf?: string
}

const cases: readonly Case[] = [
  { path: 'eio.txt', call: 'read', at: 1, does: 'EIO', told: 'cannot read: input/output error' },
  { path: 'eio-large.bin', call: 'read', at: 3, does: 'EIO', told: 'cannot read: input/output error' },
  { path: 'eio-split.bin', call: 'read', at: 5, does: 'EIO', told: 'cannot read: input/output error' },
  { path: 'denied.txt', call: 'open', at: 1, does: 'EACCES', told: 'cannot read: permission denied' },
  { path: 'short.txt', call: 'read', at: 1, does: 'short', told: null },
  { path: 'short-large.bin', call: 'read', at: 2, does: 'short', told: null },
  { path: 'rewritten.txt', call: 'read', at: 1, does: { run: overwrite('rewritten.txt') }, told: null },
  {
    path: 'rewritten-large.bin',
    call: 'read',
    at: 3,
    does: { run: overwrite('rewritten-large.bin') },
    told: 'changed while it was read',
  },
  {
    path: 'grows-large.bin',
    call: 'read',
    at: 3,
    does: { run: `echo more >> ${at('grows-large.bin')}` },
    told: 'changed while it was read',
  },
  {
    path: 'shrinks-large.bin',
    call: 'read',
    at: 3,
    does: { run: `truncate -s 4300000 ${at('shrinks-large.bin')}` },
    told: null,
  },
  {
    path: 'becomes-pipe.txt',
    call: 'open',
    at: 1,
    does: { run: `rm ${at('becomes-pipe.txt')} && mkfifo ${at('becomes-pipe.txt')}` },
    told: 'is no longer a file',
  },
  // Of the same size as what is stored already: read to be hashed, and another when it is packed.
  { path: 'hashed.txt', call: 'read', at: 1, does: { run: overwrite('hashed.txt') }, told: null },
  { path: 'closed', call: 'list', at: 1, does: 'EACCES', told: 'cannot read this folder: permission denied' },
  { path: 'broken', call: 'list', at: 1, does: 'EIO', told: 'cannot read this folder: input/output error' },
  {
    path: 'vanishing',
    call: 'list',
    at: 1,
    does: { run: `rm -r ${at('vanishing')}` },
    told: 'vanished before it was read',
  },
  {
    path: 'swapped',
    call: 'list',
    at: 1,
    does: { run: `rm -r ${at('swapped')} && ln -s ${inside('elsewhere')} ${at('swapped')}` },
    told: 'was replaced while it was read',
  },
  {
    path: 'behind/file.txt',
    call: 'open',
    at: 1,
    does: { run: `rm -r ${at('behind')} && ln -s ${inside('elsewhere')} ${at('behind')}` },
    told: 'a folder above it turned into a symbolic link',
  },
  {
    path: 'retargeted',
    call: 'readlink',
    at: 1,
    does: { run: `ln -sfn new ${at('retargeted')}` },
    told: null,
  },
  {
    path: 'no-link',
    call: 'readlink',
    at: 1,
    does: { run: `rm ${at('no-link')} && touch ${at('no-link')}` },
    told: 'is no longer a symbolic link',
  },
  {
    path: 'ignoring/.butcherignore',
    call: 'open',
    at: 1,
    does: 'EACCES',
    told: 'cannot read it, so its rules exclude nothing: permission denied',
  },
]

let first: CliResult
let run: CliResult
let back: string[]
let db: Database.Database
const newest = (column: string, name: string): unknown =>
  db.prepare(`SELECT ${column} FROM restore_plan WHERE path = ? AND backup = 2`).pluck().get(name)
const wordsOf = ({ stderr }: CliResult): string[] =>
  stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^warning: /, ''))
    .sort()

beforeAll(async () => {
  const faults = readFaults(scratch.folder)
  write('stored.txt', noise(3000, 1))
  for (const folder of ['closed', 'broken', 'vanishing', 'swapped'])
    for (const name of ['a', 'deep/b']) write(`${folder}/${name}`, `${folder} ${name}\n`)
  write('eio.txt', 'as it was\n')
  fs.mkdirSync(inside('elsewhere'))
  fs.writeFileSync(inside('elsewhere/file.txt'), 'not of the source\n')
  fs.writeFileSync(inside('elsewhere/secret.txt'), 'not of the source\n')
  const call = [
    'backup',
    source,
    destination,
    '--jobs',
    '1',
    '--quiet',
    '--chunk-size',
    '5.8MB',
    '--compress',
    'none',
  ]
  first = cli(call)

  write('eio.txt', 'as it is by now, which is longer\n')
  write('hashed.txt', noise(3000, 1))
  write('behind/file.txt', 'of the source\n')
  write('ignoring/.butcherignore', '*.o\n')
  write('ignoring/x.o', 'x\n')
  for (const name of ['denied', 'short', 'rewritten', 'becomes-pipe'])
    write(`${name}.txt`, `${name.repeat(20)}\n`)
  for (const [seed, name] of ['eio', 'short', 'rewritten', 'grows', 'shrinks'].entries())
    write(`${name}-large.bin`, noise(large + seed, 10 + seed))
  write('eio-split.bin', noise(7_000_000, 9))
  for (const link of ['retargeted', 'no-link']) fs.symlinkSync('old', at(link))
  program('mkfifo', [at('ignoring-not')])
  fs.mkdirSync(at('pipe'))
  program('mkfifo', [at('pipe/.butcherignore')])
  run = cli(
    [...call, '--max-discs', '9'],
    faults(cases.map(({ path: end, ...rest }) => ({ ...rest, end: `/source/${end}` }))),
  )
  db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  back = await restored({ from: [destination], into: inside('out') })
})
afterAll(() => db.close())

test('what cannot be read is named, and recorded, and the rest goes on', () => {
  expect(first).toMatchObject({ status: 0, stderr: '' })
  const lost = '2 files of the backup before, here or below, cannot be in this one'
  const expected = [
    ...cases.flatMap(({ path: name, told }) => (told === null ? [] : [`${name}: ${told}`])),
    'pipe/.butcherignore: cannot read it, so its rules exclude nothing: it is not a file',
  ]
  const counted = `${expected.length} source paths could not be backed up correctly: see the warnings above`
  const also = ['closed', 'broken', 'swapped'].map((folder) => `${folder}: ${lost}`)
  expect(wordsOf(run)).toEqual([...expected, ...also, counted].sort())
  expect(run.status).toBe(3)
  const recorded = db.prepare(`SELECT path || ': ' || message FROM problem WHERE backup = 2`).pluck().all()
  expect((recorded as string[]).map((line) => line.replace(`; ${lost}`, '')).sort()).toEqual(expected.sort())
  expect(recorded).toContain(`closed: cannot read this folder: permission denied; ${lost}`)
})

test('what was stored is true: its content is the one that is there, or it is not in the backup', () => {
  const asItIs = new Set(describeTree(source))
  const others = back.filter((line) => !asItIs.has(line)).map((line) => line.split(' ')[0] as string)
  // Folders that became something else, files that changed while they were read, and times of what changed
  // after.
  expect(others.sort()).toEqual([
    '.',
    'behind',
    'grows-large.bin',
    'retargeted',
    'rewritten-large.bin',
    'swapped',
    'vanishing',
  ])
  expect(newest('size', 'grows-large.bin')).toBe(large + 3)
  for (const name of [
    'eio.txt',
    'eio-large.bin',
    'eio-split.bin',
    'denied.txt',
    'behind/file.txt',
    'no-link',
  ])
    expect(newest('path', name)).toBeUndefined()
  expect(newest('path', 'swapped/secret.txt')).toBeUndefined()
  expect(newest('link', 'retargeted')).toBe('new')
  expect(newest('path', 'ignoring/x.o')).toBe('ignoring/x.o')
})

test('what an earlier backup has of an unreadable path stays there, and is taken up again once it can be read', async () => {
  const before = await restored({ from: [destination], into: inside('out'), at: '1' })
  expect(before.filter((line) => line.startsWith('closed/') || line.startsWith('eio.txt '))).toHaveLength(4)
  expect(newest('path', 'closed/a')).toBeUndefined()
  const third = cli(['backup', source, destination, '--jobs', '1', '--json', '--compress', 'none'])
  const summary = JSON.parse(third.stdout.trimEnd().split('\n').at(-1) as string) as Record<string, number>
  expect(third.status).toBe(3) // the pipe that is called .butcherignore
  const newer = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  const paths = 'SELECT path FROM restore_plan WHERE backup ='
  // Nothing is gone but what vanished, and what is left out once the rules can be read.
  const gone = newer.prepare(`${paths} 2 EXCEPT ${paths} 3`).pluck().all()
  expect(gone).toEqual(['ignoring/x.o', 'vanishing'])
  expect(summary).toMatchObject({ files_deleted: 1 })
  const found = await restored({ from: [destination], into: inside('out') })
  expect(found).toEqual(describeTree(source).filter((line) => !line.startsWith('ignoring/x.o ')))
  const again = `${paths} 3 AND path LIKE 'closed/%' AND type = 'file' AND chunk = 1 ORDER BY path`
  expect(newer.prepare(again).pluck().all()).toEqual(['closed/a', 'closed/deep/b'])
  newer.close()
})
