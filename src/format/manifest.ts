/**
 * The manifest of a chunk: JSON lines that say in the catalog's own terms what the chunk adds to it. It is the last
 * member of the chunk's tar, so that a catalog can be made again from chunks alone, and the record of the chunk in the
 * journal. Paths that are not UTF-8 are escaped as `path-text.ts` says, which JSON carries as `\udcNN`.
 */

import { ButcherError } from '../errors.ts'
import { lineFault } from './check-line.ts'
import type { Attributes } from './attributes.ts'
import { ownFolder } from './member-name.ts'

export const manifestFormat = 1

export const manifestMember = (chunk: number): string =>
  `${ownFolder}/manifest-${String(chunk).padStart(8, '0')}.jsonl`

/** The first line: which chunk of which set this is. */
export interface ChunkLine {
  readonly t: 'chunk'
  readonly format: number
  readonly set: string
  readonly chunk: number
  readonly disc: number
  readonly backup: number
  /** The highest number of a content given out before the chunk was begun, also of chunks that may be lost. */
  readonly contents?: number
}

export interface MetaLine {
  readonly t: 'meta'
  readonly key: string
  readonly value: string
}

export interface BackupLine {
  readonly t: 'backup'
  readonly number: number
  readonly name: string | null
  /** Milliseconds since 1970. */
  readonly started: number
  readonly finished: number | null
  readonly source: string
  readonly files: number | null
  readonly bytes: number | null
}

export interface DiscLine {
  readonly t: 'disc'
  readonly number: number
  readonly label: string
  readonly medium: string
  /** Bytes; null without limit. */
  readonly capacity: number | null
  /** As the run found it; absent of a disc that it began. Times in milliseconds since 1970. */
  readonly bytes?: number | null
  readonly state?: string
  readonly burned?: number | null
  readonly verified?: number | null
  readonly location?: string | null
  /** Percent of the disc that is parity; absent or null where there is none. */
  readonly redundancy?: number | null
  /** In the line of the chunk's own disc: what a disc holds besides its chunks, in bytes of its capacity. */
  readonly overhead?: number
  /** With it, of a disc with parity: millionths of a chunk's sectors that its parity takes, and what a chunk takes besides. */
  readonly share?: number
  readonly extra?: number
}

/** A chunk that is complete on its disc: `bytes` and `sha256` of the file as stored. */
export interface StoredLine {
  readonly t: 'stored'
  readonly chunk: number
  readonly disc: number
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly backup: number
}

/** One stored content. `chunk` where it is whole in one, null where it is in parts. */
export interface ContentLine {
  readonly t: 'content'
  readonly id: number
  readonly size: number
  /** Lower-case hex; null while parts are still to come. */
  readonly hash: string | null
  readonly parts: number
  readonly chunk: number | null
}

export interface PartLine {
  readonly t: 'part'
  readonly content: number
  readonly part: number
  readonly chunk: number
  readonly offset: number
  readonly size: number
  readonly hash: string
}

/** The file whose parts are being stored under `content`: what tells that it is still the same file. */
export interface UnfinishedLine {
  readonly t: 'unfinished'
  readonly content: number
  readonly path: string
  readonly mtime: string
  readonly ctime: string
  readonly inode: string
}

export type EntryType = 'file' | 'dir' | 'symlink' | 'hardlink' | 'fifo' | 'socket' | 'chardev' | 'blockdev'

/** A path as backup `first` finds it; it ends whatever the path was before. Times are decimal nanoseconds. */
export interface EntryLine {
  readonly t: 'entry'
  readonly path: string
  readonly first: number
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  readonly mtime: string
  readonly ctime: string
  readonly inode: string
  readonly size: number | null
  readonly content: number | null
  /** The name of the content's member (for parts: without their suffix) where it is not `path`. */
  readonly member: string | null
  readonly link: string | null
  /** `major,minor` of a device. */
  readonly device: string | null
  /** Absent where there are none. */
  readonly attributes?: Attributes
  /** The file has holes. */
  readonly sparse?: true
}

/** From backup `backup` on the path is no more. */
export interface GoneLine {
  readonly t: 'gone'
  readonly path: string
  readonly backup: number
}

/** The source directory itself. */
export interface RootLine {
  readonly t: 'root'
  readonly backup: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly group: string | null
  readonly mtime: string
  readonly attributes?: Attributes
}

/** The discs of `content` are lost, and `by`, the same bytes, was stored instead under `member`: all entries refer to it now. */
export interface ReplacedLine {
  readonly t: 'replaced'
  readonly content: number
  readonly by: number
  readonly member: string
}

/** What was wrong with a source path in a backup. */
export interface ProblemLine {
  readonly t: 'problem'
  readonly backup: number
  readonly path: string
  readonly message: string
}

/** The options that the set keeps, as the run uses them: `options` has the fields of `set-options.ts`. */
export interface OptionsLine {
  readonly t: 'options'
  readonly backup: number
  readonly options: object
}

/** In the last chunk of a run that stored all there was: of several of a backup the one of the highest chunk counts. */
export interface EndLine {
  readonly t: 'end'
  readonly backup: number
  /** Milliseconds since 1970. */
  readonly finished: number
}

export type ManifestLine =
  | ChunkLine
  | MetaLine
  | BackupLine
  | DiscLine
  | StoredLine
  | ContentLine
  | PartLine
  | UnfinishedLine
  | EntryLine
  | GoneLine
  | RootLine
  | ProblemLine
  | ReplacedLine
  | OptionsLine
  | EndLine

/** The lines of a manifest, one at a time: the whole of it may be large. Throws `damaged` at a line that is none. */
export function* parseLines(manifest: Uint8Array): Generator<ManifestLine> {
  const bytes = Buffer.from(manifest.buffer, manifest.byteOffset, manifest.byteLength)
  for (let start = 0; start < bytes.length;) {
    // Many at a time are made text: one by one that takes longer than understanding them.
    const last = bytes.subarray(start, start + pieceBytes).lastIndexOf(0x0a)
    const newline = last < 0 ? bytes.indexOf(0x0a, start) : start + last
    const end = newline < 0 ? bytes.length : newline
    if (last < 0 && end - start > maxLineBytes) throw damaged('a line is too long')
    for (const line of bytes.toString('utf8', start, end).split('\n')) if (line !== '') yield parseLine(line)
    start = end + 1
  }
}

const pieceBytes = 65_536

/** No line comes near: the longest are a path, its target and its attributes. */
const maxLineBytes = 32 << 20

function parseLine(text: string): ManifestLine {
  let line: unknown
  try {
    line = JSON.parse(text)
  } catch (cause) {
    throw damaged('a line is no JSON', cause)
  }
  const fault = lineFault(line)
  if (fault !== undefined) throw damaged(fault)
  return line as ManifestLine
}

const damaged = (why: string, cause?: unknown): ButcherError =>
  new ButcherError('damaged', `the manifest is damaged: ${why}`, { cause })

export const formatLine = (line: ManifestLine): string => `${JSON.stringify(line)}\n`
