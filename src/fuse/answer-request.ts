/** Answers the kernel's requests by a tree. It reads from no descriptor, so tests can feed it. */

import { constants } from 'node:os'
import { putHeader } from './answer.ts'
import { putAttributesAnswer, putEntry, putNoEntry, putUint64, takeUint64 } from './attributes.ts'
import { putDirectory } from './directory.ts'
import { answerInit } from './init.ts'
import {
  answerHeaderBytes as head,
  mostReadBytes,
  opcode,
  openFlag,
  pageBytes,
  requestHeaderBytes,
} from './protocol.ts'
import { later, type Failure, type FuseTree, type Pending } from './tree.ts'

const { EINVAL, EIO, ENOENT, ENOSYS, ERANGE, EROFS } = constants.errno

export interface Answering {
  /** The pieces of the answer, valid until the next call; undefined if there is none, or not yet. */
  readonly answerRequest: (request: Buffer) => readonly Uint8Array[] | undefined
}

/** A body of this length lies in the answer buffer; a negative number is a failure; an array is the body. */
type Body = number | Uint8Array | typeof later | undefined

/** `descriptor` is the one that pending requests name. */
export function answering(tree: FuseTree, descriptor: number, log: (line: string) => void): Answering {
  const whole = Buffer.from(new ArrayBuffer(head + mostReadBytes))
  const body = whole.subarray(head)
  const answerHead = whole.subarray(0, head)

  const answerRequest = (request: Buffer): readonly Uint8Array[] | undefined => {
    if (request.length < requestHeaderBytes || request.readUInt32LE(0) !== request.length) return undefined
    const unique = request.readBigUInt64LE(8)
    let result: Body
    try {
      result = bodyOf(request, unique)
    } catch (error) {
      log(`request ${request.readUInt32LE(4)} failed: ${(error as Error)?.stack ?? String(error)}`)
      result = -EIO
    }
    if (result === undefined || result === later) return undefined
    if (typeof result !== 'number') {
      putHeader(whole, result.length, 0, unique)
      return result.length === 0 ? [answerHead] : [answerHead, result]
    }
    putHeader(whole, Math.max(result, 0), Math.min(result, 0), unique)
    return [result <= 0 ? answerHead : whole.subarray(0, head + result)]
  }

  const bodyOf = (request: Buffer, unique: bigint): Body => {
    const code = request.readUInt32LE(4)
    const node = takeUint64(request, 16)
    const rest = request.subarray(requestHeaderBytes)
    const needed = restBytes[code] ?? 0
    if (rest.length < needed) return -EINVAL
    switch (code) {
      case opcode.read:
        return read(node, rest, { descriptor, unique })
      case opcode.getattr: {
        const attributes = tree.attributes(node)
        return typeof attributes === 'number' ? attributes : putAttributesAnswer(body, 0, node, attributes)
      }
      case opcode.lookup:
        return lookup(node, rest)
      case opcode.readdir:
      case opcode.readdirplus:
        return putDirectory(
          tree,
          node,
          takeUint64(rest, 8),
          body,
          rest.readUInt32LE(16),
          code === opcode.readdirplus,
        )
      case opcode.readlink:
        return tree.readlink?.(node) ?? -EINVAL
      case opcode.open:
        return open(node)
      case opcode.release:
        tree.release?.(node, takeUint64(rest, 0))
        return 0
      case opcode.listxattr:
        return tree.listxattr ? sized(tree.listxattr(node), rest.readUInt32LE(0)) : -ENOSYS
      case opcode.getxattr:
        return tree.getxattr
          ? sized(tree.getxattr(node, nameIn(rest.subarray(8))), rest.readUInt32LE(0))
          : -ENOSYS
      case opcode.lseek:
        return seek(node, rest, { descriptor, unique })
      case opcode.statfs:
        return statfs()
      case opcode.init:
        return answerInit(rest, body, log)
      case opcode.forget:
        tree.forget?.(node, takeUint64(rest, 0))
        return undefined
      case opcode.batchForget:
        forgetAll(rest)
        return undefined
      case opcode.interrupt:
        tree.interrupt?.(rest.readBigUInt64LE(0))
        return undefined
      case opcode.flush:
      case opcode.releasedir:
      case opcode.access:
      case opcode.destroy:
        return 0
      default:
        // OPENDIR too: the kernel then opens folders by itself, and keeps their entries.
        return writing.has(code) ? -EROFS : -ENOSYS
    }
  }

  const read = (node: number, rest: Buffer, pending: Pending): Body => {
    const bytes = Math.min(rest.readUInt32LE(16), mostReadBytes)
    const result = tree.read(node, takeUint64(rest, 0), takeUint64(rest, 8), bytes, body, pending)
    // More than was asked for would end the connection.
    if (result instanceof Uint8Array && result.length > bytes) return result.subarray(0, bytes)
    return typeof result === 'number' ? Math.min(result, bytes) : result
  }

  const lookup = (parent: number, rest: Buffer): Body => {
    const node = tree.lookup(parent, nameIn(rest))
    if (node === -ENOENT) return putNoEntry(body, 0)
    if (node < 0) return node
    const attributes = tree.attributes(node)
    if (typeof attributes === 'number') return attributes
    tree.keep?.(node)
    return putEntry(body, 0, node, attributes)
  }

  const open = (node: number): Body => {
    if (!tree.open) return -ENOSYS
    const handle = tree.open(node)
    if (handle < 0) return handle
    putUint64(body, handle, 0)
    putUint64(body, openFlag.keepCache, 8)
    return 16
  }

  const sized = (value: Uint8Array | Failure, room: number): Body => {
    if (typeof value === 'number') return value
    if (room === 0) {
      putUint64(body, value.length, 0)
      return 8
    }
    return value.length > room ? -ERANGE : value
  }

  const seek = (node: number, rest: Buffer, pending: Pending): Body => {
    const whence = rest.readUInt32LE(16)
    if (!tree.seek || (whence !== seekData && whence !== seekHole)) return -ENOSYS
    const found = tree.seek(node, takeUint64(rest, 8), whence === seekData ? 'data' : 'hole', pending)
    if (found === later || found < 0) return found
    putUint64(body, found, 0)
    return 8
  }

  /**
   * `struct fuse_kstatfs`: blocks, free, available, files, free files (u64), block size, name length (u32).
   */
  const statfs = (): Body => {
    const { bytes, files } = tree.statfs?.() ?? { bytes: 0, files: 0 }
    body.fill(0, 0, statfsBytes)
    putUint64(body, Math.ceil(bytes / pageBytes), 0)
    putUint64(body, files, 24)
    body.writeUInt32LE(pageBytes, 40)
    body.writeUInt32LE(longestName, 44)
    body.writeUInt32LE(pageBytes, 48)
    return statfsBytes
  }

  const forgetAll = (rest: Buffer): void => {
    if (!tree.forget) return
    const count = Math.min(rest.readUInt32LE(0), Math.floor((rest.length - 8) / 16))
    for (let i = 0; i < count; i++) tree.forget(takeUint64(rest, 8 + i * 16), takeUint64(rest, 16 + i * 16))
  }

  return { answerRequest }
}

const seekData = 3
const seekHole = 4
const statfsBytes = 80
const longestName = 255

/** The least that follows the header. */
const restBytes: Readonly<Record<number, number>> = {
  [opcode.lookup]: 1,
  [opcode.forget]: 8,
  [opcode.open]: 8,
  [opcode.read]: 24,
  [opcode.release]: 8,
  [opcode.getxattr]: 9,
  [opcode.listxattr]: 8,
  [opcode.init]: 16,
  [opcode.readdir]: 24,
  [opcode.readdirplus]: 24,
  [opcode.interrupt]: 8,
  [opcode.batchForget]: 8,
  [opcode.lseek]: 20,
}

/** SETATTR, SYMLINK, MKNOD to LINK, WRITE, SETXATTR, REMOVEXATTR, CREATE, FALLOCATE, RENAME2. */
const writing: ReadonlySet<number> = new Set([4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45])

const nameIn = (bytes: Buffer): Buffer => {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end))
}
