/** The state of a destination, before anything is written to it. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { syncFolder, syncFolderIfAllowed } from '../files/durable.ts'
import { keepFolderOwner, keepOwner } from '../files/keep-owner.ts'
import {
  catalogFile,
  chunkFolder,
  destinationCatalogFile,
  discFolder,
  discNumber,
  journalFolder,
  parseChunkFile,
  setRecordFile,
  stagedCatalogFile,
  workFolder,
} from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'

export interface Destination {
  readonly folder: string
  /** The catalog at its top, if there is one. */
  readonly catalog: string | undefined
  /** Numbers of the disc folders. */
  readonly discs: readonly number[]
  /** Whether the set there is encrypted; undefined if nothing shows it. */
  readonly encrypted: boolean | undefined
  /** Journal records of an interrupted run. */
  readonly journal: readonly string[]
  /** Whether a run has worked there, and its work folder still exists. */
  readonly hasWorkFolder: boolean
  /** The id that a new set there gets; undefined for any. */
  readonly setId: string | undefined
  /** Changes whenever a run writes there. */
  readonly state: string
}

/** Files that systems create at the top of a file system, and in folders that a user opens. */
const harmless = new Set(['lost+found', '.DS_Store', 'System Volume Information', '$RECYCLE.BIN', '.Trashes'])
const ours = /^(catalog\.sqlite(\.bz2(\.gpg)?)?|disc-\d{4,}(\.iso)?|spare-\d{4,}(\.iso)?|\.butcher)$/

/**
 * Inspects the destination; a missing folder counts as empty. Throws `destination` if a set cannot be there.
 */
export function inspectDestination(folder: string): Destination {
  let names: string[]
  try {
    names = fs.readdirSync(folder)
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      return {
        folder,
        catalog: undefined,
        discs: [],
        encrypted: undefined,
        journal: [],
        hasWorkFolder: false,
        setId: undefined,
        state: stateOf([], [], []),
      }
    if (systemCode(error) === 'ENOTDIR') {
      throw new ButcherError('destination', `the destination ${showPath(folder)} is not a folder`, {
        path: folder,
      })
    }
    throw asButcherError(error, 'cannot read the destination', showPath(folder))
  }
  const foreign = names.filter(
    (name) => !ours.test(name) && !harmless.has(name) && !name.startsWith('.Trash-'),
  )
  const mine = names.filter((name) => ours.test(name))
  if (mine.length === 0 && foreign.length > 0) {
    const some = foreign.slice(0, 3).map(showPath).join(', ')
    throw new ButcherError('destination', `${showPath(folder)} holds something else already (${some})`, {
      path: folder,
      hint: 'give an empty folder, or one that butcher made',
    })
  }
  const catalogs = [destinationCatalogFile(true), stagedCatalogFile(false), catalogFile].filter((name) =>
    names.includes(name),
  )
  const discs = names.flatMap((name) => discNumber(name) ?? []).sort((a, b) => a - b)
  const journal = journalRecords(folder)
  return {
    folder,
    catalog: catalogs[0] === undefined ? undefined : path.join(folder, catalogs[0]),
    discs,
    encrypted: isEncrypted(folder, catalogs[0], journal, discs),
    journal,
    hasWorkFolder: names.includes(workFolder),
    setId: beginningSet(folder),
    state: stateOf(
      catalogs.map((name) => path.join(folder, name)),
      discs,
      journal,
    ),
  }
}

/** The record of a set in a store, which says its id before there is a catalog. */
function beginningSet(folder: string): string | undefined {
  try {
    const record = fs.readFileSync(path.join(folder, workFolder, setRecordFile), 'utf8')
    const { set } = JSON.parse(record) as { readonly set?: unknown }
    return typeof set === 'string' && /^[0-9a-f]{32}$/.test(set) ? set : undefined
  } catch {
    return undefined
  }
}

export const notEncrypted = (folder: string): ButcherError =>
  new ButcherError('secret', `the set in ${showPath(folder)} is not encrypted and cannot become so`, {
    hint: 'begin an encrypted set in another destination, or leave the passphrase or recipient out',
  })

/** The secrets are checked before the lock is taken, so another run may have ended in between. */
export function refuseMoved(destination: Destination): void {
  if (inspectDestination(destination.folder).state === destination.state) return
  throw new ButcherError('locked', `another run has just written to ${destination.folder}`, {
    path: destination.folder,
    hint: 'run the same command again',
  })
}

function stateOf(catalogs: readonly string[], discs: readonly number[], journal: readonly string[]): string {
  const written = catalogs.map((file) => {
    const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false })
    return stat ? `${file} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : file
  })
  return JSON.stringify([written, discs, journal])
}

function journalRecords(folder: string): string[] {
  try {
    const journal = path.join(folder, workFolder, journalFolder)
    return fs
      .readdirSync(journal)
      .filter((name) => /^\d{8,}\.jsonl\.zst(\.gpg)?$/.test(name))
      .sort((a, b) => Number.parseInt(a) - Number.parseInt(b))
      .map((name) => path.join(journal, name))
  } catch {
    return []
  }
}

function isEncrypted(
  folder: string,
  catalog: string | undefined,
  journal: readonly string[],
  discs: readonly number[],
): boolean | undefined {
  const name = catalog ?? journal[0]
  if (name !== undefined) return name.endsWith('.gpg')
  for (const disc of discs) {
    const chunk = chunksOf(folder, disc)[0]
    if (chunk) return chunk.name.endsWith('.gpg')
  }
  return undefined
}

export interface ChunkOnDisc {
  readonly chunk: number
  readonly name: string
  readonly file: string
}

/** The chunk files in a disc folder of the destination. */
export function chunksOf(folder: string, disc: number): ChunkOnDisc[] {
  const chunks = path.join(folder, discFolder(disc), chunkFolder)
  let names: string[]
  try {
    names = fs.readdirSync(chunks)
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const parsed = parseChunkFile(name)
    return parsed ? [{ chunk: parsed.chunk, name, file: path.join(chunks, name) }] : []
  })
}

/** The folders below the destination that a run uses. */
export interface WorkFolders {
  readonly work: string
  /** Files that are being written and have no final name yet. */
  readonly stagingDir: string
  readonly journal: string
}

/**
 * Makes the destination and its work folder, to find early whether butcher can write there. `removeEmpty`
 * removes the made folders that are still empty.
 */
export function prepareDestination(folder: string): WorkFolders & { readonly removeEmpty: () => void } {
  const work = path.join(folder, workFolder)
  const stagingDir = path.join(work, 'new')
  const journal = path.join(work, journalFolder)
  const made: string[] = []
  const removeEmpty = (): void => {
    try {
      while (made.length > 0) fs.rmdirSync(made.pop() as string)
    } catch {
      // A folder with content stays.
    }
  }
  try {
    for (const wanted of [work, stagingDir, journal]) makeFolders(wanted, made)
    const probe = path.join(stagingDir, `probe.${process.pid}`)
    fs.writeFileSync(probe, 'x')
    fs.unlinkSync(probe)
    // The content is durable only if its folders are. An interrupted run may have made them without a sync.
    for (const outer of made.map((one) => path.dirname(one))) syncFolderIfAllowed(outer)
    for (const inner of [folder, work]) syncFolder(inner)
    syncFolderIfAllowed(path.dirname(folder))
  } catch (error) {
    removeEmpty()
    throw asButcherError(error, 'cannot write to the destination', showPath(folder))
  }
  return { work, stagingDir, journal, removeEmpty }
}

/** Gives a file that root wrote at the top of a destination the destination's owner. */
export function keepOwnerAtTop(file: string): void {
  if (fs.existsSync(path.join(path.dirname(file), workFolder))) keepOwner(file)
}

/** Like `mkdir -p`. Node's own version reports ENOENT for a read-only file system. */
function makeFolders(folder: string, made: string[]): void {
  try {
    fs.mkdirSync(folder)
    made.push(folder)
    keepFolderOwner(folder)
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && fs.statSync(folder).isDirectory()) return keepFolderOwner(folder)
    const outer = path.dirname(folder)
    // /proc and similar file systems report ENOENT if an existing folder takes no new folders.
    if (systemCode(error) !== 'ENOENT') throw error
    if (fs.existsSync(outer)) {
      throw new ButcherError('destination', `no folder can be made in ${showPath(outer)}`, {
        path: folder,
        hint: 'give another destination',
        cause: error,
      })
    }
    makeFolders(outer, made)
    makeFolders(folder, made)
  }
}
