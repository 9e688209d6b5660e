/** Sets in a store that tests can make fail; see `faulty-store.ts`. A test file mocks `open-store.ts`. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, expect } from 'vitest'
import { type BackupRun, restored, runBackup, scratchFolder } from './backup-set.ts'
import { storeFaults } from './faulty-store.ts'
import { noise } from './sample-trees.ts'
import { describeTree } from './tree.ts'

export interface Place {
  readonly source: string
  /** The folder of the store, and its name for the user. */
  readonly store: string
  readonly place: string
  readonly cache: string
}

/** Bytes of chunks on disk: a stub takes none. */
export const chunkBytesIn = (folder: string): number =>
  filesIn(folder)
    .filter((file) => /\d{8}\.tar/.test(file))
    .reduce((sum, file) => sum + (fs.statSync(path.join(folder, file), { throwIfNoEntry: false })?.blocks ?? 0) * 512, 0) // prettier-ignore

/** The paths of all files below a folder. */
export const filesIn = (folder: string): string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()

/** Another machine has another cache. */
export const onMachine = (cache: string): void => void (process.env['XDG_CACHE_HOME'] = cache)

export const chunkBytes = 40_000

export const backUp = ({ source, place }: Place, more = {}): Promise<BackupRun> =>
  runBackup({ source, destination: place, chunkSizeBytes: chunkBytes, ...more })

/** For one test file. */
export function placesInStores(): {
  readonly root: string
  readonly newFolder: () => string
  readonly newPlace: () => Place
  /** Restores, and expects the tree of `source`. */
  readonly bringsBack: (from: string, source: string) => Promise<void>
} {
  const { folder: root, remove } = scratchFolder()
  const cacheBefore = process.env['XDG_CACHE_HOME']
  afterAll(() => {
    remove()
    if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME']
    else process.env['XDG_CACHE_HOME'] = cacheBefore
  })
  beforeEach(() => void Object.assign(storeFaults, { changes: 0, failFrom: undefined, onChange: () => {} }))
  const newFolder = (): string => fs.mkdtempSync(path.join(root, 'at-'))
  const newPlace = (): Place => {
    const [source, store, cache] = [newFolder(), newFolder(), newFolder()]
    for (let i = 0; i < 8; i++) fs.writeFileSync(path.join(source, `f${i}`), noise(20_000, i))
    onMachine(cache)
    return { source, store, cache, place: `rclone:test:${store}` }
  }
  const bringsBack = async (from: string, source: string): Promise<void> => {
    expect(await restored({ from: [from], into: path.join(root, 'out') })).toEqual(describeTree(source))
  }
  return { root, newFolder, newPlace, bringsBack }
}
