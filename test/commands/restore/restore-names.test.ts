/**
 * Names that are one to the file system of a restore, or that it cannot hold. Shown on exFAT, which ignores
 * case.
 */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { longTest } from '../../support/rows.ts'
import type { RestoreOptions, RestoreSummary } from '../../../src/commands/restore/restore-options.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import { makeSet, type TestTree } from '../../support/make-set.ts'
import { program } from '../../support/tree.ts'
import { scratchFolder } from '../../support/backup-set.ts'

const { folder, remove } = scratchFolder()
const mounted = path.join(folder, 'exfat')
let device = ''

beforeAll(() => {
  expect(process.geteuid?.(), 'this test mounts a file system: run it as root').toBe(0)
  expect(fs.existsSync('/dev/fuse'), 'this test needs FUSE: there is no /dev/fuse').toBe(true)
  const image = path.join(folder, 'image')
  fs.writeFileSync(image, '')
  fs.truncateSync(image, 32 << 20)
  program('mkfs.exfat', [image])
  fs.mkdirSync(mounted)
  device = program('losetup', ['-f', '--show', image]).toString().trim()
  program('mount.exfat-fuse', [device, mounted])
})
afterAll(() => {
  if (fs.existsSync(mounted)) program('umount', [mounted])
  if (device !== '') program('losetup', ['-d', device])
  remove()
})

interface Run extends RestoreSummary {
  readonly told: readonly string[]
}

async function run(from: string, destination: string, options: Partial<RestoreOptions> = {}): Promise<Run> {
  const told: string[] = []
  const summary = await restore({
    jobs: 2,
    ...options,
    from: [from],
    destination,
    report: (event) => (event.type === 'warning' || event.type === 'note') && told.push(event.message),
  })
  return { ...summary, told: told.sort() }
}

let sets = 0
const setOf = async (tree: TestTree, chunkBytes = 1000): Promise<string> =>
  (await makeSet(path.join(folder, `set-${sets++}`), { backups: [{ tree }], chunkBytes })).destination

let places = 0
const newPlace = (): string => path.join(mounted, `restored-${places++}`)

/** Every file with its content, by the names that the file system has. */
function contentsOf(place: string): Record<string, string> {
  const names = fs.readdirSync(place, { recursive: true, encoding: 'utf8' }) as string[]
  const files = names.filter((name) => fs.statSync(path.join(place, name)).isFile())
  return Object.fromEntries(
    files.sort().map((name) => [name, fs.readFileSync(path.join(place, name), 'utf8')]),
  )
}

const sameAs = (name: string, other: string): string =>
  `not restored: ${name}: on this file system its name is the same as ${other} (restore it into another folder)`

describe('paths of a backup that are one to the file system', () => {
  const tree: TestTree = {
    Readme: 'one-one',
    README: 'two',
    readme: { type: 'fifo' },
    ReadMe: { type: 'symlink', link: 'Readme' },
    REadme: { type: 'hardlink', link: 'other' },
    other: 'other',
    Ä: 'same',
    ä: 'same',
    A: { type: 'dir' },
    'A/f': 'xx',
    a: { type: 'dir' },
    'a/f': 'yyy',
    'a/g': { type: 'dir' },
    'a/g/h': 'z',
    'a/l': { type: 'hardlink', link: 'other' },
    'a-file': { type: 'dir' },
    'A-file': 'file',
  }

  test.each([[{}], [{ overwrite: true }]])(
    'the first is restored, all others are named, in a second run, too (%j)',
    async (options) => {
      const set = await setOf(tree)
      const place = newPlace()
      const first = await run(set, place, options)
      const there = contentsOf(place)
      const files = Object.keys(there)
      expect(files.filter((name) => /^readme$/i.test(name))).toHaveLength(1)
      expect(files.filter((name) => /^ä$/i.test(name))).toHaveLength(1)
      for (const [name, content] of Object.entries(there)) expect(content).toBe((tree[name] ?? '') as string)
      expect(there['A/f']).toBe('xx')
      expect(files).toHaveLength(4)
      expect(first.files).toBe(4)
      // Of README five, of Ä one, of A/ the folder and the three in it with the folder in it, and A-file.
      expect(first.told.filter((line) => line.startsWith('not restored'))).toHaveLength(first.failed)
      expect(first.failed).toBe(4 + 1 + 5 + 1)
      expect(first.told).toContain(sameAs('a', 'A'))
      expect(first.told).toContain('not restored: a/f: its folder is not restored')
      expect(first.told).toContain(sameAs('A-file', 'a-file'))
      for (let turn = 0; turn < 2; turn++) {
        const again = await run(set, place, options)
        expect([again.failed, again.files, again.chunks > 0]).toEqual([first.failed, first.files, false])
        expect(contentsOf(place)).toEqual(there)
      }
      expect(fs.readdirSync(place).filter((name) => name.startsWith('.'))).toEqual([])
    },
  )

  test('what stood there is replaced once, under whatever name', async () => {
    const set = await setOf({ Notes: 'new', NOTES: 'newer', Alone: 'alone', kept: 'kept' })
    const place = newPlace()
    fs.mkdirSync(place)
    for (const name of ['notes', 'ALONE']) fs.writeFileSync(path.join(place, name), 'old')
    const refused = await run(set, place)
    expect(refused.failed).toBe(3)
    expect(contentsOf(place)).toEqual({ ALONE: 'old', kept: 'kept', notes: 'old' })
    const replaced = await run(set, place, { overwrite: true })
    const there = Object.values(contentsOf(place)).sort()
    expect([
      ['alone', 'kept', 'new'],
      ['alone', 'kept', 'newer'],
    ]).toContainEqual(there)
    expect(replaced.failed).toBe(1)
    expect(replaced.told.join()).toMatch(
      /not restored: N(otes|OTES): on this file system its name is the same as/,
    )
  })

  longTest('of many at once in several threads each is restored or named', async () => {
    const names = Array.from({ length: 40 }, (_, i) => [`File-${i}`, `file-${i}`, `FILE-${i}`]).flat()
    const set = await setOf(Object.fromEntries(names.map((name) => [name, `content of ${name}`])), 300)
    const place = newPlace()
    const { files, failed } = await run(set, place, { overwrite: true, jobs: 4 })
    expect([files, failed, Object.keys(contentsOf(place)).length]).toEqual([40, 80, 40])
  })
})

test('names that the file system cannot hold, and what it does not have, are named in words', async () => {
  const set = await setOf({
    'with:colon': 'a',
    'with"quote"': { type: 'dir' },
    'with"quote"/in': 'b',
    'not-utf-8-\udcff': 'c',
    ['x'.repeat(300)]: 'd',
    link: { type: 'symlink', link: 'good' },
    fifo: { type: 'fifo' },
    second: { type: 'hardlink', link: 'good' },
    good: 'good',
    'dot.': 'with a dot',
    dot: 'without',
  })
  const place = newPlace()
  for (let turn = 0; turn < 2; turn++) {
    const { told, files } = await run(set, place)
    const cannot = 'this file system cannot hold its name:'
    expect(told.filter((line) => line.startsWith('not restored')).map((line) => line.slice(14))).toEqual([
      expect.stringMatching(/^fifo: this file system, or the system, does not take FIFOs$/),
      'link: this file system does not take symlinks',
      `not-utf-8-\\xff: ${cannot} it is not UTF-8`,
      'second: this file system does not take hard links',
      'with"quote"/in: its folder is missing or not a folder',
      `with"quote": ${cannot} it contains the character "\\""`,
      `with:colon: ${cannot} it contains the character ":"`,
      `${'x'.repeat(300)}: ${cannot} it is too long`,
    ])
    expect(files).toBe(3)
    expect(contentsOf(place)).toEqual({ good: 'good', 'dot.': 'with a dot', dot: 'without' })
  }
})

test('owners and modes that the file system does not take are told once', async () => {
  const file = (uid: number, mode: number) => ({ type: 'file', data: `${uid}`, uid, mode }) as const
  const set = await setOf({ a: file(1234, 0o4755), b: file(1234, 0o600), c: file(0, 0o1644) })
  const { told, failed, files } = await run(set, newPlace())
  expect([files, failed]).toEqual([3, 0])
  expect(told).toEqual([
    expect.stringMatching(/^modes of 1 path are not set: the file system refuses them \(c\)$/),
    'owners of 2 paths are not set: the file system or the system refuses them',
    'setuid, setgid or capabilities of 1 path are left out, as the owner is not set (a)',
  ])
})
