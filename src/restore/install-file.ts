/** Moves a complete temporary file to its final name, with all its metadata. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { removeQuietly } from '../files/durable.ts'
import { hashOpenFile } from '../files/content-hash.ts'
import { setPathTime } from '../files/exact-times.ts'
import { openToRead } from '../files/open-to-read.ts'
import { copyContent } from './content-file.ts'
import { type Metadata, type Missed, setMetadata, setOpenMetadata } from './metadata.ts'
import { withFolder } from './folder-locks.ts'
import { withKind, withName } from './name-trouble.ts'
import { NotRestored } from './not-restored.ts'
import type { Disk } from './onto-disk.ts'
import { below, type FolderCheck } from './safe-path.ts'
import { sameName, type StandingNames } from './standing-names.ts'

export interface Placing {
  /** Absolute. */
  readonly destination: string
  /** This run's folder below the destination, in which files are made. */
  readonly workFolder: string
  readonly overwrite: boolean
  /** Shared by all threads of this run. */
  readonly folderLocks: Int32Array
  /** Only root can make devices. */
  readonly asRoot: boolean
  readonly hash: 'sha256' | 'sha512'
  /** Damaged contents are kept, under a name that says so. */
  readonly salvage?: boolean
  /** The disk that the only content goes to, in place of a file. */
  readonly disk?: Disk | undefined
}

export interface Content {
  readonly size: number
  readonly hash: Uint8Array
}

/** A file in the work folder, still open. */
export interface MadeFile {
  readonly path: string
  readonly descriptor: number
}

/**
 * Gives the file `made` its metadata and the name `target`. `stood`: something existed there before this
 * restore, and `overwrite` may replace it. Returns the metadata that could not be set. If it throws
 * NotRestored, the caller must remove `made`. The caller always closes it.
 */
export function placeFile(
  placing: Placing,
  folders: FolderCheck,
  made: MadeFile,
  target: string,
  metadata: Metadata,
  stood: boolean,
): Missed {
  return attempt(() => {
    if (!folders.hasFolderOf(target)) throw new NotRestored('its folder is missing or not a folder')
    const missed = setOpenMetadata(made.descriptor, metadata)
    // Only by its path, Windows gives a time to 100 ns.
    if (process.platform === 'win32') setPathTime(made.path, metadata)
    const final = below(placing.destination, target)
    withFolder(placing.folderLocks, path.posix.dirname(target), () => {
      const there = standing(placing, target)
      if (there !== undefined && !stood) throw sameName(placing.destination, target)
      makeRoom(placing, final, there)
      withName(
        placing.destination,
        target,
        () => moveInto(placing, folders, made.path, target, metadata),
        made.path,
      )
    })
    return missed
  })
}

/** The present file of this name. */
export const standing = ({ destination }: Placing, name: string): fs.Stats | undefined =>
  withName(destination, name, () => fs.lstatSync(below(destination, name), { throwIfNoEntry: false }))

/** Renames `made` to `target`. If another file system is mounted there, first copies it beside the target. */
function moveInto(
  placing: Placing,
  folders: FolderCheck,
  made: string,
  target: string,
  metadata: Metadata,
): void {
  const final = below(placing.destination, target)
  try {
    fs.renameSync(made, final)
  } catch (error) {
    if (systemCode(error) !== 'EXDEV' || !folders.hasFolderOf(target)) throw error
    const folder = path.posix.dirname(target)
    const beside = below(
      placing.destination,
      path.posix.join(folder, `${path.basename(placing.workFolder)}-${path.basename(made)}`),
    )
    try {
      // The file already has its final mode, which may keep its owner from reading it.
      fs.chmodSync(made, 0o600)
      copyContent(made, beside, metadata.sparse === 1)
      setMetadata(beside, metadata)
      fs.renameSync(beside, final)
      fs.unlinkSync(made)
    } catch (failure) {
      removeQuietly(beside)
      throw failure
    }
  }
}

/**
 * The same for a node that is made in one step: a symlink, a FIFO, a device. `isSame`: the present one is
 * equal.
 */
export function placeNode(
  placing: Placing,
  names: StandingNames,
  folders: FolderCheck,
  target: string,
  node: {
    /** For messages. */
    readonly kind: string
    readonly make: (made: string) => void
    readonly finish: (where: string | Buffer) => void
    readonly isSame: (final: string | Buffer, there: fs.Stats) => boolean
  },
): void {
  attempt(() => {
    if (!folders.hasFolderOf(target)) throw new NotRestored('its folder is missing or not a folder')
    const final = below(placing.destination, target)
    const there = standing(placing, target)
    if (there) names.check(target, there)
    if (there && node.isSame(final, there)) {
      node.finish(final)
      return
    }
    makeRoom(placing, final, there)
    const made = path.join(placing.workFolder, 'node')
    try {
      withKind(node.kind, () => node.make(made))
      node.finish(made)
      withName(placing.destination, target, () => fs.renameSync(made, final), made)
    } catch (error) {
      removeQuietly(made)
      throw error
    }
  })
}

/** Whether a regular file holds exactly `content`. */
export function hasContent(
  file: string | Buffer,
  sizeBytes: number,
  content: Content,
  hash: string,
): boolean {
  return sizeBytes === content.size && hashOf(file, hash).equals(content.hash)
}

export function hashOf(file: string | Buffer, algorithm: string): Buffer {
  const descriptor = openOwn(file)
  try {
    return hashOpenFile(descriptor, algorithm)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** A user may read their own file despite its mode. The mode is put back. */
function openOwn(file: string | Buffer): number {
  try {
    return openToRead(file)
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error
    const { mode, uid } = fs.lstatSync(file)
    if (uid !== process.geteuid?.() || (mode & 0o400) !== 0) throw error
    fs.chmodSync(file, (mode & 0o7777) | 0o400)
    const descriptor = openToRead(file)
    fs.fchmodSync(descriptor, mode & 0o7777)
    return descriptor
  }
}

/** Without `overwrite`, the present file stays. A directory is replaced only if it is empty. */
function makeRoom(placing: Placing, final: string | Buffer, there: fs.Stats | undefined): void {
  if (there === undefined) return
  if (!placing.overwrite) throw new NotRestored('something else is already there (--overwrite replaces it)')
  if (!there.isDirectory()) return // rename replaces it
  try {
    fs.rmdirSync(final)
  } catch (cause) {
    throw new NotRestored('a directory that is not empty is already there', { cause })
  }
}

/** Errors that end the run, because every other path would fail as well. */
const fatalCodes = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** Runs `doing` for one path. A system error fails that path only, or ends the run if it is fatal. */
export function attempt<Result>(doing: () => Result): Result {
  try {
    return doing()
  } catch (error) {
    if (error instanceof NotRestored || error instanceof ButcherError) throw error
    const code = systemCode(error)
    if (code === undefined || fatalCodes.has(code)) throw error
    throw new NotRestored(systemText(error), { cause: error })
  }
}
