/**
 * What a mounted file system has to answer. All calls come one at a time, in the thread that talks to the
 * kernel, and must not wait for the mount itself. A failure is a negative error number, such as
 * `-os.constants.errno.EIO`.
 */

import type { MessagePort } from 'node:worker_threads'
import type { Report } from '../events.ts'

/** A negative error number of the system. */
export type Failure = number

/** Node 1 is the root. Numbers up to 2^53 are possible. */
export type Node = number

export interface Attributes {
  /** Inode number; the node's number if it is missing. */
  readonly inode?: number
  /** Type and permissions, as in `st_mode`. */
  readonly mode: number
  readonly bytes: number
  /** Blocks of 512 bytes that are used; by default `bytes` rounded up. */
  readonly blocks?: number
  readonly links?: number
  readonly owner: number
  readonly group: number
  /** `st_rdev` of a device. */
  readonly device?: number
  readonly modified: Time
  /** The time of modification if it is missing. */
  readonly accessed?: Time
  readonly changed?: Time
}

export interface Time {
  readonly seconds: number
  readonly nanoseconds: number
}

export interface DirectoryEntry {
  /** Path text (`format/path-text.ts`). */
  readonly name: string
  /**
   * With it, the kernel gets the attributes together with the name. Without it, the kernel looks the name up
   * once a program asks for them.
   */
  readonly node?: Node | undefined
  /** The type bits of `st_mode`. */
  readonly mode: number
  /** Equal to the attributes' inode; the node's number if it is missing. */
  readonly inode?: number
}

/** Identifies a request that is answered later, by any thread. It can be posted to other threads. */
export interface Pending {
  /** The descriptor of /dev/fuse. */
  readonly descriptor: number
  readonly unique: bigint
}

/** The answer comes later, by `answer(pending, ...)`, or `answerSeek`. */
export const later = 'later'

export interface FuseTree {
  /** Tells the command that mounts about the tree. It can be cloned. */
  readonly about?: unknown
  /** The node of a name in a folder. `-ENOENT` is remembered by the kernel. */
  readonly lookup: (parent: Node, name: Buffer) => Node | Failure
  readonly attributes: (node: Node) => Attributes | Failure
  /**
   * All entries of a folder, without `.` and `..`. The reader takes those from `offset` on: 0 at first, their
   * number at the end. The order stays as it is from one call to the next.
   */
  readonly readdir: (node: Node, offset: number) => readonly DirectoryEntry[] | Failure
  readonly readlink?: (node: Node) => Uint8Array | Failure
  /** A handle. Without this method the kernel opens files by itself, and handles are 0. */
  readonly open?: (node: Node) => number | Failure
  readonly release?: (node: Node, handle: number) => void
  /**
   * At most `bytes` bytes from `offset`; fewer only at the end of the file. They are in `room`, and the
   * answer is their number; or they are in an array of the tree's.
   */
  readonly read: (
    node: Node,
    handle: number,
    offset: number,
    bytes: number,
    room: Uint8Array,
    pending: Pending,
  ) => number | Uint8Array | typeof later
  /** The next data (`SEEK_DATA`) or hole from `offset` on. Without this method all is data. */
  readonly seek?: (
    node: Node,
    offset: number,
    wanted: 'data' | 'hole',
    pending: Pending,
  ) => number | Failure | typeof later
  /** Names, each with a NUL behind. Without this method there are no extended attributes. */
  readonly listxattr?: (node: Node) => Uint8Array | Failure
  readonly getxattr?: (node: Node, name: Buffer) => Uint8Array | Failure
  /** The kernel has got this node's number once more. */
  readonly keep?: (node: Node) => void
  /** The kernel forgets the node's number so many times. */
  readonly forget?: (node: Node, times: number) => void
  /** The user does not wait for this request any more. It needs an answer all the same. */
  readonly interrupt?: (unique: bigint) => void
  readonly statfs?: () => FileSystemFacts
  /** After the last request. */
  readonly close?: () => void
}

export interface FileSystemFacts {
  readonly bytes: number
  readonly files: number
}

/** What a tree gets when it is made. */
export interface TreeContext {
  /** Ports to the content threads, in the order in which they were asked for. */
  readonly contentPorts: readonly MessagePort[]
  /** Starts the content threads. Messages that were sent before wait for them. Later calls do nothing. */
  readonly startContent: () => void
  /** Writes one line to the log. */
  readonly log: (line: string) => void
  /** Reports to the command that mounts, until the tree is made. */
  readonly report: Report
}

/** A module for the thread that talks to the kernel exports this as `createTree`. */
export type CreateTree<Data> = (data: Data, context: TreeContext) => FuseTree | Promise<FuseTree>

/** `workerData` of a content thread. It may answer the requests that come to `port`. */
export interface ContentThreadData<Data> {
  readonly data: Data
  readonly port: MessagePort
}

/** A `.ts` file beside the caller (`.js` when built), and data that can be cloned. */
export interface ThreadProgram {
  readonly program: URL
  readonly data: unknown
}
