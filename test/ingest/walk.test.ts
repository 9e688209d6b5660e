import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { pathForSystem, pathToBytes } from '../../src/format/path-text.ts'
import type { SourceEntry, SourceProblem } from '../../src/ingest/source-entry.ts'
import { folderKey, walk, type WalkOptions } from '../../src/ingest/walk.ts'
import { plantTree } from '../support/plant-tree.ts'
import { sampleTree } from '../support/sample-trees.ts'
import { makeSocket, program } from '../support/tree.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'walk-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

let source: string
beforeEach(() => {
  source = fs.mkdtempSync(path.join(root, 'source-'))
})

const at = (name: string): string => path.join(source, name)
const write = (name: string, data = ''): void => {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true })
  fs.writeFileSync(pathForSystem(at(name)), data)
}

function walked(options: Partial<WalkOptions> = {}): {
  entries: SourceEntry[]
  problems: SourceProblem[]
  left: string[]
} {
  const problems: SourceProblem[] = []
  const left: string[] = []
  const entries = [
    ...walk(source, {
      takeFile: () => true,
      takeFolder: () => true,
      leaveOut: new Set(),
      onLeftOut: (name) => void left.push(name),
      onProblem: (problem) => void problems.push(problem),
      ...options,
    }),
  ]
  return { entries, problems, left }
}

const paths = (options: Partial<WalkOptions> = {}): string[] =>
  walked(options).entries.map((entry) => entry.path)

test('entries come in the order of the bytes of their whole paths, which is that of SQLite', () => {
  const names = [
    'a/x',
    'a-b',
    'a.b',
    'a/x-y',
    'a0',
    'aa/b',
    'B',
    'é',
    'z',
    '\uffee',
    '\u{1f600}',
    '\u{1f600}/in',
    '\ue000',
    'sub/\u{10000}',
    'sub/\uffff',
  ]
  for (const name of names) write(name.endsWith('/in') ? `${name.slice(0, -3)}-folder/in` : name)
  const found = paths()
  expect(found).toEqual(found.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  expect(found).toHaveLength(names.length + 4)
})

test('finds what find(1) finds, names that are no UTF-8 included', () => {
  plantTree(source, sampleTree)
  makeSocket(at('socket'))
  const expected = program('find', ['.', '-mindepth', '1', '-printf', String.raw`%P\0`], { cwd: source })
    .toString('latin1')
    .split('\0')
    .slice(0, -1)
  expect(
    paths()
      .map((name) => pathToBytes(name).toString('latin1'))
      .sort(),
  ).toEqual(expected.sort())
})

test('tells of each entry what stat tells', () => {
  plantTree(source, sampleTree)
  program('mknod', [at('device'), 'b', '259', '70000'])
  const found = new Map(walked().entries.map((entry) => [entry.path, entry]))
  const stat = fs.lstatSync(at('old'), { bigint: true })
  expect(found.get('old')).toEqual({
    path: 'old', type: 'file', mode: Number(stat.mode) & 0o7777, uid: 0, gid: 0, mtime: stat.mtimeNs, ctime: stat.ctimeNs,
    inode: stat.ino, size: 12, allocated: Number(stat.blocks) * 512, link: null, device: null,
  }) // prettier-ignore
  expect(found.get('device')).toMatchObject({ type: 'blockdev', device: '259,70000', size: null })
  expect(found.get('dangling')).toMatchObject({ type: 'symlink', link: '../no/such/../place' })
  expect(found.get('link-to-dir')).toMatchObject({ type: 'symlink', link: 'dir' })
  expect(found.get('setuid')).toMatchObject({ mode: 0o4755 })
})

test('the first path of an inode is the file, the others are hard links to it', () => {
  write('b/file', 'shared')
  for (const name of ['c', 'a', 'b/also']) fs.linkSync(at('b/file'), at(name))
  const links = (options?: Partial<WalkOptions>): (string | null)[][] =>
    walked(options)
      .entries.filter(({ type }) => type !== 'dir')
      .map(({ path: name, type, link }) => [name, type, link])
  expect(links()).toEqual([
    ['a', 'file', null],
    ['b/also', 'hardlink', 'a'],
    ['b/file', 'hardlink', 'a'],
    ['c', 'hardlink', 'a'],
  ])
  // What is not taken is nobody's file.
  expect(links({ takeFile: (name) => name !== 'a' })[0]).toEqual(['b/also', 'file', null])
})

test('symlinks and FIFOs have several names too, sockets and folders do not', () => {
  fs.symlinkSync('nowhere', at('s'))
  fs.linkSync(at('s'), at('t'))
  program('mkfifo', [at('p')])
  fs.linkSync(at('p'), at('q'))
  makeSocket(at('x'))
  fs.linkSync(at('x'), at('y'))
  const found = walked().entries.map(({ path: name, type, link, size }) => [name, type, link, size])
  expect(found).toEqual([
    ['p', 'fifo', null, null],
    ['q', 'hardlink', 'p', null],
    ['s', 'symlink', 'nowhere', null],
    ['t', 'hardlink', 's', null],
    ['x', 'socket', null, null],
    ['y', 'socket', null, null],
  ])
})

test('folders that are left out or not taken are not entered, and symlinks never', () => {
  for (const name of ['in/a', 'out/b', 'not/c']) write(name)
  fs.symlinkSync('in', at('link'))
  fs.symlinkSync('..', at('in/up'))
  const { entries, left } = walked({
    leaveOut: new Set([folderKey(fs.statSync(at('out'), { bigint: true }))]),
    takeFolder: (name) => name !== 'not',
  })
  expect(entries.map((entry) => entry.path)).toEqual(['in', 'in/a', 'in/up', 'link'])
  expect(left).toEqual(['out'])
})

test('a folder that goes while it is walked is a problem, and the rest goes on', () => {
  for (const name of ['a/in', 'b/in', 'c']) write(name)
  const problems: SourceProblem[] = []
  const found: string[] = []
  for (const entry of walk(source, {
    takeFile: () => true,
    takeFolder: () => true,
    leaveOut: new Set(),
    onLeftOut: () => {},
    onProblem: (problem) => void problems.push(problem),
  })) {
    found.push(entry.path)
    if (entry.path === 'a') fs.rmSync(at('b'), { recursive: true })
  }
  expect(found).toEqual(['a', 'a/in', 'b', 'c'])
  expect(problems).toEqual([{ path: 'b', message: 'vanished before it was read', isUnread: false }])
})

describe('.butcherignore', () => {
  const rules: readonly Readonly<Record<string, string>>[] = [
    { '': '*.o\n!keep.o\n' },
    { '': '/top\nsub/deep\n**/any\nbuild/\n' },
    { '': '*\n!*/\n!*.c\n' },
    { '': '*.c\n', sub: '!a.c\n', 'sub/deep': 'a.c\n' },
    { '': '# comment\n\n\\#name\n\\!name\n name\nname \\ \n' },
    { '': 'sub/*\n!sub/deep\n' },
    { sub: '/a.c\ndeep/\n' },
    { '': '[ab].c\n?.o\n[!a]*.txt\n' },
    { '': 'sub/\n', sub: '!*\n' },
    { '': '*.[co]\n!/sub/**/a.o\n' },
  ]
  const names = [
    'a.c',
    'b.c',
    'keep.o',
    'x.o',
    'a.txt',
    'b.txt',
    'top',
    '#name',
    '!name',
    ' name',
    'name ',
    'any',
  ]

  test.each(rules.map((one, i) => [i + 1, one] as const))('is read as git reads it: %i %j', (_, files) => {
    for (const folder of ['', 'sub/', 'sub/deep/', 'build/', 'other/sub/'])
      for (const name of names) write(folder + name)
    for (const [folder, text] of Object.entries(files)) write(path.join(folder, '.butcherignore'), text)
    program('git', ['init', '-q', source])
    const list = ['ls-files', '-z', '--others', '--exclude-per-directory=.butcherignore']
    const expected = program('git', list, { cwd: source }).toString().split('\0').slice(0, -1)
    const { entries, problems } = walked({ takeFolder: (name) => name !== '.git' })
    expect(
      entries
        .filter(({ type }) => type === 'file')
        .map((entry) => entry.path)
        .sort(),
    ).toEqual(expected.sort())
    expect(problems).toEqual([])
  })

  test('that cannot be read is told, and what is there is taken', () => {
    write('sub/a')
    fs.mkdirSync(at('.butcherignore'))
    const { entries, problems } = walked()
    expect(entries.map((entry) => entry.path)).toEqual(['.butcherignore', 'sub', 'sub/a'])
    expect(problems).toEqual([
      {
        path: '.butcherignore',
        message: 'cannot read it, so its rules exclude nothing: it is not a file',
      },
    ])
  })
})
