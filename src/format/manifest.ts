/**
 * The manifest of a chunk: JSON lines with the rows that the chunk adds to the catalog. It is the last member
 * of the chunk's tar, so chunks alone can rebuild a catalog. It is also the chunk's record in the journal.
 * Paths that are not UTF-8 are escaped as in `path-text.ts`, which JSON writes as `\udcNN`.
 */

import { ButcherError } from '../errors.ts'
import { lineFault } from './check-line.ts'
import type { Attributes } from './attributes.ts'
import { ownFolder } from './member-name.ts'
import type { RetentionLine } from './retention-line.ts'

/** The format of manifests that every reader knows. */
export const manifestFormat = 1

/** The format of a checkpoint's manifest: an older reader must not pass over its lines. */
export const checkpointFormat = 2

export const manifestMember = (chunk: number): string =>
  `${ownFolder}/manifest-${String(chunk).padStart(8, '0')}.jsonl`

/** The first line: the set and number of this chunk. */
export interface ChunkLine {
  readonly t: 'chunk'
  readonly format: number
  readonly set: string
  readonly chunk: number
  readonly disc: number
  readonly backup: number
  /** The highest content number assigned before the chunk was begun, including chunks that may be lost. */
  readonly contents?: number
}

interface MetaLine {
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
  /** The state when the run began; absent for a disc that the run began. Times in milliseconds since 1970. */
  readonly bytes?: number | null
  readonly state?: string
  readonly burned?: number | null
  readonly verified?: number | null
  readonly location?: string | null
  /** Percent of the disc for parity; absent or null without parity. */
  readonly redundancy?: number | null
  /** Only in the line of the chunk's own disc: bytes of the disc's capacity that are not for chunks. */
  readonly overhead?: number
  /**
   * Goes with it, for a disc with parity: the parity of a chunk in millionths of its sectors, and a chunk's
   * fixed extra bytes.
   */
  readonly share?: number
  readonly extra?: number
}

/** A complete chunk on its disc: `bytes` and `sha256` of the stored file. */
export interface StoredLine {
  readonly t: 'stored'
  readonly chunk: number
  readonly disc: number
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly backup: number
}

/**
 * One stored content. `chunk` is its only chunk, null if it is in parts, 0 if it is in pieces. `parts` is 0
 * for a piece.
 */
interface ContentLine {
  readonly t: 'content'
  readonly id: number
  readonly size: number
  /** Lower-case hex; null while parts are missing. */
  readonly hash: string | null
  readonly parts: number
  readonly chunk: number | null
}

/** Pieces of the content: `[part, count, stored]` as in `piece.ts`. A long list takes several lines. */
export interface PiecesLine {
  readonly t: 'pieces'
  readonly content: number
  readonly runs: readonly (readonly [part: number, count: number, stored: number])[]
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

/**
 * The state of the file whose parts are being stored under `content`. It shows whether the file is still the
 * same.
 */
interface UnfinishedLine {
  readonly t: 'unfinished'
  readonly content: number
  readonly path: string
  readonly mtime: string
  readonly ctime: string
  readonly inode: string
}

export type EntryType = 'file' | 'dir' | 'symlink' | 'hardlink' | 'fifo' | 'socket' | 'chardev' | 'blockdev'

/** A path as seen by backup `first`; it ends the path's earlier version. Times are decimal nanoseconds. */
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
  /** The name of the content's member, without the suffix of parts, if it differs from `path`. */
  readonly member: string | null
  readonly link: string | null
  /** `major,minor` of a device. */
  readonly device: string | null
  /** Absent if there are none. */
  readonly attributes?: Attributes
  /** The file has holes. */
  readonly sparse?: true
}

/**
 * A row of `entry` in a checkpoint, with the last backup that has it; null: the newest. The times are null in
 * a catalog that is slim.
 */
export interface KeptLine extends Omit<EntryLine, 't' | 'ctime' | 'inode'> {
  readonly t: 'kept'
  readonly last: number | null
  readonly ctime: string | null
  readonly inode: string | null
}

/**
 * In a checkpoint, behind its `stored` lines, which are of all chunks of the set. Manifests of lower numbers
 * count no more, and a chunk of a lower number without a `stored` line was dropped.
 */
interface CheckpointLine {
  readonly t: 'checkpoint'
}

/** The path is deleted from backup `backup` on. */
interface GoneLine {
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

/**
 * The discs of `content` are lost. The same bytes were stored again as `by`, under `member`, and all entries
 * now refer to it.
 */
export interface ReplacedLine {
  readonly t: 'replaced'
  readonly content: number
  readonly by: number
  readonly member: string
}

/** A problem with a source path in a backup. */
export interface ProblemLine {
  readonly t: 'problem'
  readonly backup: number
  readonly path: string
  readonly message: string
}

/** The options that the set keeps, as the run uses them, with the field names of `set-options.ts`. */
interface OptionsLine {
  readonly t: 'options'
  readonly backup: number
  readonly options: object
}

/**
 * In the last chunk of a run that stored everything. If a backup has several, the one in the highest chunk
 * counts.
 */
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
  | PiecesLine
  | UnfinishedLine
  | EntryLine
  | KeptLine
  | CheckpointLine
  | GoneLine
  | RootLine
  | ProblemLine
  | ReplacedLine
  | OptionsLine
  | RetentionLine
  | EndLine

/** The lines of a manifest, one at a time, because it may be large. Throws `damaged` at an invalid line. */
export function* parseLines(manifest: Uint8Array): Generator<ManifestLine> {
  const bytes = Buffer.from(manifest.buffer, manifest.byteOffset, manifest.byteLength)
  for (let start = 0; start < bytes.length;) {
    // Converts many lines to text at once: one by one, conversion takes longer than parsing.
    const last = bytes.subarray(start, start + pieceBytes).lastIndexOf(0x0a)
    const newline = last < 0 ? bytes.indexOf(0x0a, start) : start + last
    const end = newline < 0 ? bytes.length : newline
    if (last < 0 && end - start > maxLineBytes) throw damaged('a line is too long')
    for (const line of bytes.toString('utf8', start, end).split('\n')) if (line !== '') yield parseLine(line)
    start = end + 1
  }
}

const pieceBytes = 65_536

/** Far above any line: the longest have a path, its target and its attributes. */
const maxLineBytes = 32 << 20

function parseLine(text: string): ManifestLine {
  let line: unknown
  try {
    line = JSON.parse(text)
  } catch (cause) {
    throw damaged('a line is not JSON', cause)
  }
  const fault = lineFault(line)
  if (fault !== undefined) throw damaged(fault)
  return line as ManifestLine
}

const damaged = (why: string, cause?: unknown): ButcherError =>
  new ButcherError('damaged', `the manifest is damaged: ${why}`, { cause })

export const formatLine = (line: ManifestLine): string => `${JSON.stringify(line)}\n`
