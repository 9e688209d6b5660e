/** Folders for tests that make a set: each test finds new ones. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach } from 'vitest'
import { pathForSystem } from '../../src/format/path-text.ts'
import { scratchFolder } from './backup-set.ts'

export interface SetFolders {
  /** What the test file keeps for all of its tests. */
  readonly scratch: string
  /** Of the test in work. The other two are in it. */
  readonly folder: string
  /** An empty folder. */
  readonly source: string
  /** It is not there yet. */
  readonly destination: string
  /** Writes a file below the source, and the folders on the way; without `data` its name is its content. */
  readonly write: (name: string, data?: string | Uint8Array) => void
}

/** Called once in a test file, at its beginning. All folders are removed after its last test. */
export function testSet(): SetFolders {
  const { folder: scratch, remove } = scratchFolder()
  afterAll(remove)
  let turn = 0
  const set = {
    scratch,
    folder: scratch,
    source: '',
    destination: '',
    write: (name: string, data: string | Uint8Array = name): void => {
      const file = path.join(set.source, name)
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(pathForSystem(file), data)
    },
  }
  beforeEach(() => {
    set.folder = path.join(scratch, `test-${++turn}`)
    set.source = path.join(set.folder, 'source')
    set.destination = path.join(set.folder, 'dest')
    fs.mkdirSync(set.source, { recursive: true })
  })
  return set
}
