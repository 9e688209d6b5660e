/** Trees that hold every kind of entry and name that a set must carry. */

import type { TestBackup, TestTree } from './make-set.ts'

/** Bytes that look random, the same each time. */
export function noise(sizeBytes: number, seed: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const time = (seconds: number, nanoseconds: number): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)

/** Names that trip programs. */
export const oddNames: readonly string[] = [
  'new\nline',
  'quote"\'`',
  'back\\slash',
  '*?[]{}!',
  '-leading-dash',
  ' spaces ',
  'tab\there',
  'emoji 😀',
  'ümläut',
  'nai\u0308ve',
  '$(touch hacked)',
  'x'.repeat(255),
  'not-utf8-\udcff\udcfe.txt',
  'looks.butcher-part-00001-of-00002',
  'named.butcher-name-0123456789abcdef',
]

const deep = Array.from({ length: 12 }, (_, i) => `${'d'.repeat(89)}${i}`)

/** Directories for a path of over 1,000 bytes, and the file at its end. */
const deepTree: TestTree = Object.fromEntries([
  ...deep.map((_, i) => [deep.slice(0, i + 1).join('/'), { type: 'dir' as const }]),
  [`${deep.join('/')}/file`, 'deep down\n'],
])

/** One tree with every kind of entry. */
export const sampleTree: TestTree = {
  'hello.txt': 'hello, world\n',
  'empty.txt': '',
  '.hidden': 'dot files count\n',
  'twin-a.bin': { type: 'file', data: noise(700, 1), mode: 0o600 },
  'twin-b.bin': { type: 'file', data: noise(700, 1), mode: 0o640, mtime: time(1_600_000_000, 1) },
  'big.bin': { type: 'file', data: noise(4567, 2), mtime: time(1_999_999_999, 999_999_999) },
  'script.sh': { type: 'file', data: '#!/bin/sh\necho hi\n', mode: 0o755 },
  setuid: { type: 'file', data: 'setuid\n', mode: 0o4755 },
  readonly: { type: 'file', data: 'readonly\n', mode: 0o444 },
  old: { type: 'file', data: 'before 1970\n', mtime: time(-1000, 5) },
  late: { type: 'file', data: 'after 2038\n', mtime: time(4_000_000_000, 7) },
  dir: { type: 'dir', mode: 0o750, mtime: time(1_500_000_000, 123) },
  'dir/inner.txt': 'inner\n',
  'dir/sub': { type: 'dir', mode: 0o555, mtime: time(1_400_000_000, 0) },
  'dir/sub/locked-in.txt': 'a file of a directory that nobody may write\n',
  'empty-dir': { type: 'dir', mode: 0o1777 },
  link: { type: 'symlink', link: 'hello.txt', mtime: time(1_300_000_000, 321) },
  dangling: { type: 'symlink', link: '../no/such/../place' },
  'link-to-dir': { type: 'symlink', link: 'dir' },
  hard: { type: 'hardlink', link: 'hello.txt' },
  'dir/hard-too': { type: 'hardlink', link: 'hello.txt' },
  pipe: { type: 'fifo', mode: 0o620 },
  'same-link': { type: 'hardlink', link: 'link' },
  'same-pipe': { type: 'hardlink', link: 'pipe' },
  '.butcher': { type: 'dir' },
  '.butcher/theirs.txt': 'a path of the name that chunks keep for the program\n',
  ...Object.fromEntries(oddNames.map((name, i) => [name, `odd name ${i}\n`])),
  ...deepTree,
}

/**
 * Five states of one tree: new, changed, moved, duplicated, deleted, file become directory, split file
 * shortened.
 */
export const sampleHistory: readonly TestBackup[] = [
  {
    name: 'first',
    tree: {
      'a.txt': 'a, first\n',
      'b.txt': 'b, first\n',
      'moved.bin': { type: 'file', data: noise(800, 11) },
      'split.bin': { type: 'file', data: noise(3500, 12) },
      'becomes-dir': 'a file, first\n',
      'becomes-link': 'a file, first\n',
      folder: { type: 'dir' },
      'folder/stays.txt': 'stays\n',
      'folder/goes.txt': 'goes\n',
    },
  },
  {
    name: 'second',
    tree: {
      'a.txt': 'a, second\n',
      'b.txt': 'b, first\n',
      folder: { type: 'dir' },
      'folder/moved-here.bin': { type: 'file', data: noise(800, 11) },
      'split.bin': { type: 'file', data: noise(3500, 12) },
      'becomes-dir': { type: 'dir' },
      'becomes-dir/inside': 'inside\n',
      'becomes-link': { type: 'symlink', link: 'a.txt' },
      'folder/stays.txt': 'stays\n',
    },
  },
  {
    name: 'third',
    tree: {
      'a.txt': 'a, second\n',
      'copy-of-a.txt': 'a, second\n',
      folder: { type: 'dir' },
      'folder/moved-here.bin': { type: 'file', data: noise(800, 11) },
      'split.bin': { type: 'file', data: noise(3500, 12).subarray(0, 2200) },
      'becomes-dir': { type: 'dir' },
      'becomes-dir/inside': 'inside, changed\n',
      'becomes-link': { type: 'symlink', link: 'b.txt' },
      'folder/stays.txt': 'stays\n',
    },
  },
  {
    tree: {
      'b.txt': 'b, first\n',
      'copy-of-a.txt': 'a, second\n',
      folder: 'now a file\n',
      'split.bin': { type: 'file', data: noise(200, 12) },
      'becomes-dir': 'a file again\n',
      'hard-a': 'shared inode\n',
      'hard-b': { type: 'hardlink', link: 'hard-a' },
    },
  },
  {
    name: 'fifth',
    tree: {
      'a.txt': 'a, first\n',
      'b.txt': { type: 'file', data: 'b, first\n', mode: 0o600 },
      'split-copy.bin': { type: 'file', data: noise(3500, 12) },
      'hard-b': 'shared inode\n',
      'hard-c': { type: 'hardlink', link: 'hard-b' },
    },
  },
]
