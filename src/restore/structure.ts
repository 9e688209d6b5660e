/**
 * Makes the nodes of a tree that are neither folders nor have contents. Hard links and symlinks are made
 * last, so that the restore never writes through its own links.
 */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { deviceNumbers } from '../format/device-numbers.ts'
import { pathForSystem, pathFromCatalog } from '../format/path-text.ts'
import { programEnvironment } from '../programs/environment.ts'
import { type Metadata, type Missed, setNodeMetadata } from './metadata.ts'
import { NotRestored } from './not-restored.ts'
import { attempt, placeNode, type Placing } from './install-file.ts'
import type { StandingNames } from './standing-names.ts'
import { FolderCheck } from './safe-path.ts'

export interface StructureEvents {
  readonly restored: (kind: 'directory' | 'symlink' | 'hardlink' | 'special', path: string) => void
  readonly failed: (path: string, reason: string) => void
  /** Skipped: a socket, or a device that only root can make. */
  readonly skipped: (kind: 'socket' | 'device', path: string) => void
  /** The path is restored, but did not get all its metadata. */
  readonly missed: (path: string, missed: Missed) => void
  /** Called every few hundred paths. */
  readonly pause: () => Promise<void>
}

export type PathValue = string | Uint8Array

const pauseEvery = 500

export async function* paused<Row>(rows: Iterable<Row>, pause: () => Promise<void>): AsyncGenerator<Row> {
  let count = 0
  for (const row of rows) {
    yield row
    if (++count % pauseEvery === 0) await pause()
  }
}

type NodeRow = Metadata & {
  readonly path: PathValue
  readonly type: string
  readonly link: PathValue | null
  readonly device: string | null
}

/** Symlinks, FIFOs and devices. */
export async function makeNodes(
  plan: Database.Database,
  placing: Placing,
  names: StandingNames,
  events: StructureEvents,
): Promise<void> {
  const rows = plan
    .prepare(
      `SELECT n.path, n.type, n.mode, n.seconds, n.nanoseconds, n.link, n.device, o.uid, o.gid,
        a.data AS attributes
      FROM node n JOIN owner o ON o.id = n.owner LEFT JOIN attribute a ON a.id = n.attributes
      WHERE n.type <> 'dir' ORDER BY n.type = 'symlink', n.path`,
    )
    .iterate() as Iterable<NodeRow>
  for await (const row of paused(rows, events.pause)) {
    const name = pathFromCatalog(row.path)
    tryPath(name, events, () => {
      // This loop makes symlinks, so folder checks of earlier paths are not reused.
      const folders = new FolderCheck(placing.destination)
      if (row.type === 'symlink') {
        makeSymlink(placing, names, folders, name, row, events)
        events.restored('symlink', name)
      } else if (row.type === 'socket') {
        events.skipped('socket', name)
      } else if (row.type !== 'fifo' && !placing.asRoot) {
        events.skipped('device', name)
      } else {
        makeSpecial(placing, names, folders, name, row, events)
        events.restored('special', name)
      }
    })
  }
}

function makeSymlink(
  placing: Placing,
  names: StandingNames,
  folders: FolderCheck,
  name: string,
  row: NodeRow,
  events: StructureEvents,
): void {
  const link = pathFromCatalog(row.link ?? '')
  if (link === '' || link.includes('\0')) throw new NotRestored('the catalog does not have its target')
  const target = pathForSystem(link)
  placeNode(placing, names, folders, name, {
    kind: 'symlinks',
    make: (made) => fs.symlinkSync(target, made, symlinkType(placing, name, link)),
    finish: (where) => events.missed(name, setNodeMetadata(where, row)),
    isSame: (final, there) =>
      there.isSymbolicLink() && fs.readlinkSync(final, 'buffer').equals(Buffer.from(target as string)),
  })
}

/** Windows has symlinks to folders and to files. It would look for the target beside the temporary name. */
function symlinkType({ destination }: Placing, name: string, link: string): 'dir' | 'file' | null {
  if (process.platform !== 'win32') return null
  const target = path.resolve(destination, path.dirname(name), link)
  return fs.statSync(target, { throwIfNoEntry: false })?.isDirectory() === true ? 'dir' : 'file'
}

const specialKinds: ReadonlyMap<string, string> = new Map([
  ['fifo', 'p'],
  ['chardev', 'c'],
  ['blockdev', 'b'],
])

/** `mknod` is in coreutils. Its argument is the temporary name, which has only plain characters. */
function makeSpecial(
  placing: Placing,
  names: StandingNames,
  folders: FolderCheck,
  name: string,
  row: NodeRow,
  events: StructureEvents,
): void {
  const kind = specialKinds.get(row.type)
  const numbers = /^(\d+),(\d+)$/.exec(row.device ?? '')
  if (kind === undefined || (kind !== 'p' && numbers === null))
    throw new NotRestored('the catalog does not have its kind')
  if (process.platform === 'win32')
    throw new NotRestored(`Windows has no ${kind === 'p' ? 'FIFOs' : 'devices'}`)
  placeNode(placing, names, folders, name, {
    kind: kind === 'p' ? 'FIFOs' : 'devices',
    make: (made) => {
      const args = kind === 'p' ? [made, 'p'] : [made, kind, ...(numbers as RegExpExecArray).slice(1)]
      makeByProgram(args, kind === 'p' ? 'FIFOs' : 'devices')
    },
    finish: (where) => events.missed(name, setNodeMetadata(where, row)),
    isSame: (_, there) =>
      kind === 'p'
        ? there.isFIFO()
        : (kind === 'c' ? there.isCharacterDevice() : there.isBlockDevice()) &&
          deviceNumbers(BigInt(there.rdev)) === row.device,
  })
}

function makeByProgram(args: readonly string[], kind: string): void {
  const { status, error } = spawnSync('mknod', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: programEnvironment(),
  })
  if (error) throw new NotRestored('it needs the program mknod (package coreutils)')
  if (status !== 0) throw new NotRestored(`this file system, or the system, does not take ${kind}`)
}

export function tryPath(name: string, events: StructureEvents, doing: () => void): void {
  try {
    attempt(doing)
  } catch (error) {
    if (!(error instanceof NotRestored)) throw error
    events.failed(name, error.message)
  }
}
