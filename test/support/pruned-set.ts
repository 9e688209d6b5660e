/** A history of backups in which prunes drop chunks and rewrite others. */

import fs from 'node:fs'
import path from 'node:path'
import { backup, forget, pin, prune, unpin } from '../../src/index.ts'
import type { BackupOptions } from '../../src/commands/backup/backup-options.ts'
import { noise } from './sample-trees.ts'
import { program } from './tree.ts'

export interface PrunedSet {
  readonly source: string
  readonly destination: string
  /** The trees of the backups that are left, by number. */
  readonly states: ReadonlyMap<number, string>
}

const MiB = 1 << 20

/**
 * Makes a set below `folder`. Backup 1 is pinned during the first prune, so older versions of files move:
 * small ones, one in parts, one in pieces, one with holes, and one whose name is a folder's now. A set in a
 * store has its place in `options.destination`.
 */
export async function makePrunedSet(
  folder: string,
  options: Partial<BackupOptions> = {},
  onPruned: (set: PrunedSet) => Promise<void> = async () => {},
): Promise<PrunedSet> {
  const source = path.join(folder, 'source')
  const { passphrase, recipients: _, destination = path.join(folder, 'destination'), ...rest } = options
  const set = { destination, jobs: 1, ...(passphrase === undefined ? {} : { passphrase }) }
  const states = new Map<number, string>()
  const write = (name: string, data: string | Uint8Array): void => {
    fs.mkdirSync(path.dirname(path.join(source, name)), { recursive: true })
    fs.writeFileSync(path.join(source, name), data)
  }
  const backUp = async (): Promise<void> => {
    const { backup: number } = await backup({
      source,
      medium: 'unlimited',
      chunkSizeBytes: 60_000,
      piecesFromBytes: 2 * MiB,
      ...rest,
      ...set,
    })
    const state = path.join(folder, `state-${number}`)
    program('cp', ['-a', '--sparse=always', source, state])
    states.set(number as number, state)
  }
  const remove = async (...numbers: readonly number[]): Promise<void> => {
    await forget({ ...set, backups: numbers })
    await prune(set)
    for (const number of numbers) states.delete(number)
    await onPruned({ source, destination, states })
  }
  const edit = (turn: number): void => {
    for (let i = 0; i < 24; i++) {
      if (i % 4 === turn % 4 || turn === 1) write(`small/${i}`, noise(6_000, 100 * turn + i))
    }
    write('film.mp4', noise(150_000, 1000 + turn))
    write(`added/${turn}`, `added by ${turn}\n`)
    const disk = Buffer.concat([noise(MiB, 1), Buffer.alloc(MiB), noise(MiB + 7, turn)])
    write('disk.img', disk)
  }
  edit(1)
  write('stays', noise(40_000, 1))
  write('short.mp4', noise(80_000, 2))
  write('becomes-a-folder', noise(9_000, 3))
  write('folder/inside', noise(9_000, 4))
  write('odd.butcher-name-0123456789abcdef', 'odd')
  write('.butcher/own', 'a name that the program uses')
  write('empty', '')
  write('to-be-moved', noise(7_000, 5))
  program('truncate', ['-s', '300000', path.join(source, 'sparse')])
  program('dd', [
    'if=/dev/zero',
    `of=${path.join(source, 'sparse')}`,
    'bs=1',
    'count=1',
    'conv=notrunc',
    'status=none',
  ])
  fs.writeFileSync(path.join(source, 'sparse'), noise(5000, 6), { flag: 'r+' })
  program('setfattr', ['-n', 'user.note', '-v', 'kept', path.join(source, 'stays')])
  fs.linkSync(path.join(source, 'stays'), path.join(source, 'second-name'))
  fs.symlinkSync('stays', path.join(source, 'link'))
  await backUp()
  await pin({ ...set, backups: [1] })
  edit(2)
  fs.rmSync(path.join(source, 'becomes-a-folder'))
  write('becomes-a-folder/inside', noise(9_000, 7))
  fs.rmSync(path.join(source, 'folder'), { recursive: true })
  write('folder', noise(9_000, 8))
  fs.rmSync(path.join(source, 'short.mp4'))
  fs.renameSync(path.join(source, 'to-be-moved'), path.join(source, 'moved'))
  await backUp()
  edit(3)
  write('short.mp4', noise(80_000, 9))
  fs.writeFileSync(path.join(source, 'sparse'), noise(5000, 10), { flag: 'r+' })
  await backUp()
  edit(4)
  await backUp()
  await remove(2, 3)
  edit(5)
  await backUp()
  await unpin({ ...set, backups: [1] })
  edit(6)
  await backUp()
  await remove(1, 4)
  return { source, destination, states }
}
