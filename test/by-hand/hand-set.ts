/** A set on real discs, made by butcher from three states of one tree, for the ways by hand to bring back. */

import fs from 'node:fs'
import path from 'node:path'
import { backup } from '../../src/commands/backup/backup.ts'
import type { BackupOptions } from '../../src/commands/backup/backup-options.ts'
import { setAttributes } from '../../src/files/attributes.ts'
import { defaultMtime, type TestTree } from '../support/make-set.ts'
import { plantTree } from '../support/plant-tree.ts'
import { noise, sampleTree } from '../support/sample-trees.ts'
import { program } from '../support/tree.ts'

export interface HandSet {
  readonly destination: string
  /** Disc 1 first. */
  readonly discs: readonly string[]
  /** The source as each backup found it, backup 1 first. */
  readonly states: readonly string[]
}

const file = (sizeBytes: number, seed: number) => ({ type: 'file' as const, data: noise(sizeBytes, seed) })
const folder = { type: 'dir' as const }
const later = (hours: number): bigint => defaultMtime + BigInt(hours) * 3_600_000_000_000n

const first: TestTree = {
  ...sampleTree,
  photos: folder,
  'photos/beach.jpg': file(30_000, 21),
  'photos/hill.jpg': file(40_000, 22),
  videos: folder,
  'videos/holiday.mp4': file(170_000, 23),
  'videos/copy of holiday.mp4': file(170_000, 23),
  'becomes-dir': 'a file, first\n',
  'becomes-file': folder,
  'becomes-file/inside': 'inside a folder, first\n',
  'gone.txt': 'only in the first backup\n',
  'shortened.bin': file(120_000, 24),
}

const { 'gone.txt': _gone, 'becomes-file/inside': _inside, 'photos/hill.jpg': _hill, ...kept } = first

const second: TestTree = {
  ...kept,
  // Stored again, as its time is another: what is in it stays.
  photos: { ...folder, mtime: later(1) },
  'moved away': folder,
  'moved away/hill.jpg': file(40_000, 22),
  'moved away/another name.jpg': file(30_000, 21),
  'becomes-dir': folder,
  'becomes-dir/inside': 'inside a folder, second\n',
  'becomes-file': 'a file, second\n',
  'shortened.bin': { type: 'file', data: noise(120_000, 24).subarray(0, 70_000), mtime: later(1) },
  'new.bin': file(45_000, 25),
}

const { 'videos/holiday.mp4': _holiday, 'becomes-dir/inside': _inner, ...left } = second

const third: TestTree = {
  ...left,
  'becomes-dir': 'a file, third\n',
  'becomes-link': { type: 'symlink', link: 'photos/beach.jpg' },
  'shortened.bin': { type: 'file', data: noise(120_000, 24).subarray(0, 1_000), mtime: later(2) },
  'inside again': 'inside a folder, first\n',
}

const history: readonly TestTree[] = [first, second, third]

export const handOptions = { medium: '326kB', chunkSizeBytes: 80_000, jobs: 2 } as const

/** Backs up the first `backups` states of the tree below `base`. */
export async function makeHandSet(
  base: string,
  options: Omit<BackupOptions, 'source' | 'destination'> = {},
  backups = history.length,
): Promise<HandSet> {
  const destination = path.join(base, 'discs')
  const source = path.join(base, 'source')
  const states: string[] = []
  for (const [i, tree] of history.slice(0, backups).entries()) {
    const state = path.join(base, `state-${i + 1}`)
    plantTree(state, tree)
    addAttributes(state, i)
    fs.renameSync(state, source)
    await backup({ source, destination, ...handOptions, ...options, name: `backup ${i + 1}` })
    fs.renameSync(source, state)
    states.push(state)
  }
  return { destination, discs: discsIn(destination), states }
}

/** On a file whose content is stored once, another value each time; and on a folder. */
function addAttributes(state: string, i: number): void {
  const value = Buffer.from([0, 0xff, i])
  setAttributes(path.join(state, 'photos/beach.jpg'), new Map([['user.seen', value]]))
  program('setfacl', ['-m', 'u:1234:rwx,d:g:99:r', path.join(state, 'photos')])
}

const discsIn = (destination: string): string[] =>
  fs
    .readdirSync(destination)
    .filter((name) => /^disc-\d+$/.test(name))
    .sort()
    .map((name) => path.join(destination, name))

/** What the ways without the catalog do not bring under its path: moved, copied, linked and renamed files. */
export const storedElsewhere =
  /copy of holiday|holiday\.mp4|another name|moved away|twin-|hard|same-|hello|butcher|utf8|inside again|becomes-(file|dir)$/
