/**
 * The disk after a power loss, made from what a recorded run synced. What was not synced is lost: of a file
 * the content since its last fsync, which leaves it empty where there was none; of a folder the names since
 * its own last fsync. `names` `ahead` is the other extreme that a file system may come to: every name is
 * there at once, and only contents wait for their fsync. A real disk after a power loss is one of these or
 * between them.
 */

import fs from 'node:fs'
import path from 'node:path'
import type { Call } from './faults.ts'

export type NamesModel = 'synced' | 'ahead'

interface Entry {
  readonly inode: string
  readonly isFolder: boolean
  readonly name: string
}

interface Tree {
  /** Names by the inode of the folder that they are in. */
  readonly folders: ReadonlyMap<string, readonly Entry[]>
}

export interface PowerLoss {
  /** Numbers of the calls after each of which the disk is another: the syncs. */
  readonly points: readonly number[]
  /** Makes the disk as it is when the power fails right after call `point`. */
  readonly build: (point: number, names: NamesModel, into: string) => void
}

/**
 * `world` is the folder that was recorded, as it stands after the run; `base` as it was before, all of it
 * synced.
 */
export function powerLoss(calls: readonly Call[], snapshots: string, world: string, base: Base): PowerLoss {
  const syncs = calls.filter(({ name, answer }) => /^f(data)?sync$/.test(name) && answer === 0)
  const rootInode = String(fs.statSync(world).ino)
  return {
    points: syncs.map(({ number }) => number),
    build: (point, names, into) => {
      const now = readTree(snapshots, point)
      const synced = new Map(base.folders)
      const contents = new Map(base.contents)
      for (const call of calls) {
        if (call.number > point) break
        const inode = String(call.inode)
        // An inode that is used again is another file.
        if (call.name === 'create') contents.delete(inode)
        if (!syncs.includes(call)) continue
        const data = path.join(snapshots, `${call.number}.data`)
        if (fs.existsSync(data)) contents.set(inode, data)
        else synced.set(inode, readTree(snapshots, call.number).folders.get(inode) ?? [])
      }
      fs.rmSync(into, { recursive: true, force: true })
      fs.mkdirSync(into)
      plant(rootInode, into, names === 'ahead' ? now.folders : synced, contents)
    },
  }
}

export interface Base {
  readonly folders: ReadonlyMap<string, readonly Entry[]>
  /** Copies of the files, by inode. */
  readonly contents: ReadonlyMap<string, string>
}

/** What stands in `world` now; the files are copied to `copies`. */
export function recordBase(world: string, copies: string): Base {
  const folders = new Map<string, Entry[]>()
  const contents = new Map<string, string>()
  const visit = (folder: string): void => {
    const entries = fs.readdirSync(folder, { withFileTypes: true }).map((entry) => {
      const where = path.join(folder, entry.name)
      const inode = String(fs.statSync(where).ino)
      if (entry.isDirectory()) visit(where)
      else {
        contents.set(inode, path.join(copies, `base-${inode}`))
        fs.copyFileSync(where, path.join(copies, `base-${inode}`))
      }
      return { inode, isFolder: entry.isDirectory(), name: entry.name }
    })
    folders.set(String(fs.statSync(folder).ino), entries)
  }
  visit(world)
  return { folders, contents }
}

function plant(
  inode: string,
  into: string,
  folders: ReadonlyMap<string, readonly Entry[]>,
  contents: ReadonlyMap<string, string>,
): void {
  for (const entry of folders.get(inode) ?? []) {
    const where = path.join(into, entry.name)
    const content = contents.get(entry.inode)
    if (entry.isFolder) {
      fs.mkdirSync(where)
      plant(entry.inode, where, folders, contents)
    } else if (content === undefined) fs.writeFileSync(where, '')
    else fs.copyFileSync(content, where)
  }
}

function readTree(snapshots: string, point: number): Tree {
  const folders = new Map<string, Entry[]>()
  for (const line of fs.readFileSync(path.join(snapshots, `${point}.tree`), 'utf8').split('\n')) {
    if (line === '') continue
    const [inode, outer, type, name] = line.split('\t') as [string, string, string, string]
    const entries = folders.get(outer) ?? []
    entries.push({ inode, isFolder: type === 'd', name })
    folders.set(outer, entries)
  }
  return { folders }
}
