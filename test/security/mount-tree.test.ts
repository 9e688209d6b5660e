/** The tree of a mounted set whose catalog somebody made to harm: odd names, links in a circle, no root. */

import { constants } from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import type { DirectoryEntry } from '../../src/fuse/tree.ts'
import { SetTree } from '../../src/mount/set-tree.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { makeSet } from '../support/make-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const names = (entries: readonly DirectoryEntry[] | number): string[] =>
  typeof entries === 'number' ? [] : entries.map(({ name }) => name)

test('names that no folder has are left out, and links in a circle are files without content', async () => {
  const { plainCatalog } = await makeSet(path.join(scratch.folder, 'set'), {
    backups: [{ tree: { good: 'x' } }],
  })
  const db = new Database(plainCatalog)
  const add = db.prepare(
    `INSERT INTO entry(path, first, type, mode, owner, mtime, link) VALUES (?, 1, ?, 438, 99, 0, ?)`,
  )
  for (const name of ['.', '..', '/', 'a\0b', 'x'.repeat(256), '../up', 'lost/inner'])
    add.run(name, 'fifo', null)
  add.run('ring-a', 'hardlink', 'ring-b')
  add.run('ring-b', 'hardlink', 'ring-a')
  add.run('self', 'hardlink', 'self')
  const log: string[] = []
  const tree = new SetTree({ db, newest: 1, dates: [], send: () => {}, log: (line) => log.push(line) })
  const latest = tree.lookup(1, Buffer.from('latest'))
  expect(names(tree.readdir(latest, 0)).sort()).toEqual(['good', 'lost', 'ring-a', 'ring-b', 'self'])
  const lost = tree.lookup(latest, Buffer.from('lost'))
  expect(names(tree.readdir(lost, 0))).toEqual(['inner'])
  for (const name of ['ring-a', 'self']) {
    const node = tree.lookup(latest, Buffer.from(name))
    expect(tree.attributes(node)).toMatchObject({ bytes: 0, owner: 65_534 })
    expect(tree.open(node)).toBe(-constants.errno.EIO)
  }
  expect(tree.lookup(latest, Buffer.from('none'))).toBe(-constants.errno.ENOENT)
  expect(log[0]).toContain('does not have its content')
  tree.close()
})
