/** Requests as the kernel writes them, fed to the part that answers. */

import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { answering } from '../../src/fuse/answer-request.ts'
import { initFlag, opcode } from '../../src/fuse/protocol.ts'
import type { FuseTree } from '../../src/fuse/tree.ts'
import { createTree } from './memory-tree.ts'

const { EINVAL, EIO, ENOENT, ENODATA, ENOSYS, EPROTO, ERANGE, EROFS } = constants.errno

const tree = (await createTree(
  { many: 100, bytes: 100_000 },
  { contentPorts: [], startContent: () => {}, log: () => {}, report: () => {} },
)) as FuseTree

interface Answer {
  readonly length: number
  readonly error: number
  readonly unique: bigint
  readonly body: Buffer
}

function requestOf(code: number, node: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(40)
  head.writeUInt32LE(40 + rest.length, 0)
  head.writeUInt32LE(code, 4)
  head.writeBigUInt64LE(77n, 8)
  head.writeBigUInt64LE(BigInt(node), 16)
  return Buffer.concat([head, rest])
}

function ask(code: number, node: number, rest: Buffer = Buffer.alloc(0), of = tree): Answer | undefined {
  const pieces = answering(of, 5, () => {}).answerRequest(requestOf(code, node, rest))
  if (pieces === undefined) return undefined
  const all = Buffer.concat(pieces)
  expect(all.readUInt32LE(0)).toBe(all.length)
  return {
    length: all.length,
    error: all.readInt32LE(4),
    unique: all.readBigUInt64LE(8),
    body: all.subarray(16),
  }
}

/** Numbers of 8 and 4 bytes one after the other. */
function fields(...values: readonly (bigint | number)[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const field = Buffer.alloc(typeof value === 'bigint' ? 8 : 4)
      if (typeof value === 'bigint') field.writeBigUInt64LE(value)
      else field.writeUInt32LE(value)
      return field
    }),
  )
}

const init = (major: number, minor: number, flags: number): Buffer => fields(major, minor, 131_072, flags)

test('INIT agrees on 7.31 and on features that the kernel offers', () => {
  const offered = initFlag.maxPages | initFlag.parallelDirops | initFlag.posixAcl
  const { body, error, unique } = ask(opcode.init, 0, init(7, 45, offered)) as Answer
  expect([error, unique, body.length]).toEqual([0, 77n, 64])
  expect([body.readUInt32LE(0), body.readUInt32LE(4), body.readUInt32LE(8)]).toEqual([7, 31, 131_072])
  expect(body.readUInt32LE(12)).toBe(initFlag.maxPages | initFlag.parallelDirops)
  expect(body.readUInt16LE(28)).toBe(256)
})

test('INIT refuses kernels that are too old, and tells a newer one its version', () => {
  expect(ask(opcode.init, 0, init(7, 27, 0))?.error).toBe(-EPROTO)
  expect(ask(opcode.init, 0, init(6, 99, 0))?.error).toBe(-EPROTO)
  expect(ask(opcode.init, 0, init(8, 0, 0))?.body.readUInt32LE(0)).toBe(7)
})

test('LOOKUP gives node and attributes, and remembers names that are not there', () => {
  const found = (ask(opcode.lookup, 1, Buffer.from('hello\0')) as Answer).body
  expect(found.length).toBe(128)
  expect(found.readBigUInt64LE(0)).toBe(3n)
  expect(found.readBigUInt64LE(48)).toBe(100_000n)
  expect(found.readUInt32LE(100).toString(8)).toBe('100444')
  const absent = ask(opcode.lookup, 1, Buffer.from('absent\0')) as Answer
  expect([absent.error, absent.body.readBigUInt64LE(0)]).toEqual([0, 0n])
  expect(absent.body.readBigUInt64LE(16)).toBeGreaterThan(86_400n)
})

test('GETATTR gives times before 1970 too', () => {
  const { body } = ask(opcode.getattr, 6, Buffer.alloc(16)) as Answer
  expect(body.length).toBe(104)
  expect(body.readBigInt64LE(16 + 32)).toBe(-2n)
  expect(body.readUInt32LE(16 + 52)).toBe(5)
})

const readRequest = (offset: number, bytes: number): Buffer => fields(0n, BigInt(offset), bytes, 0, 0n, 0, 0)

test('READ gives what is asked for, less at the end, and nothing behind it', () => {
  expect(ask(opcode.read, 3, readRequest(7, 5))?.body.toString()).toBe('world')
  expect(ask(opcode.read, 3, readRequest(99_999, 4096))?.body.length).toBe(1)
  expect(ask(opcode.read, 3, readRequest(100_000, 4096))?.body.length).toBe(0)
  expect(ask(opcode.read, 100, readRequest(2, 4096))?.body.toString()).toBe('all\n')
})

test('READ never gives more than was asked for', () => {
  const generous: FuseTree = { ...tree, read: () => Buffer.alloc(10_000) }
  expect(ask(opcode.read, 3, readRequest(0, 4096), generous)?.body.length).toBe(4096)
})

test('READ that comes later has no answer yet, and names the descriptor', () => {
  const posted: unknown[] = []
  const slow: FuseTree = {
    ...tree,
    read: (...call) => {
      posted.push(call[5])
      return 'later'
    },
  }
  expect(ask(opcode.read, 5, readRequest(0, 10), slow)).toBeUndefined()
  expect(posted).toEqual([{ descriptor: 5, unique: 77n }])
})

/** The names of READDIR's answers, one request after the other. */
function namesOf(node: number, bytes: number, code: number): string[] {
  const names: string[] = []
  for (let offset = 0n; ;) {
    const { body } = ask(code, node, fields(0n, offset, bytes, 0, 0n, 0, 0)) as Answer
    expect(body.length).toBeLessThanOrEqual(bytes)
    if (body.length === 0) return names
    for (let at = 0; at < body.length;) {
      if (code === opcode.readdirplus) at += 128
      const length = body.readUInt32LE(at + 16)
      offset = body.readBigUInt64LE(at + 8)
      names.push(body.toString('utf8', at + 24, at + 24 + length))
      at += (24 + length + 7) & ~7
    }
  }
}

test.each([opcode.readdir, opcode.readdirplus])('%i lists a folder in pieces of any size', (code) => {
  const expected = ['.', '..', ...Array.from({ length: 100 }, (_, i) => `file-${i}`)]
  for (const bytes of [168, 500, 4096, 65_536]) expect(namesOf(2, bytes, code)).toEqual(expected)
})

test('READDIRPLUS counts each entry as a lookup, and FORGET and BATCH_FORGET take them back', () => {
  const counted = new Map<number, number>()
  const add = (node: number, times: number): void => void counted.set(node, (counted.get(node) ?? 0) + times)
  const counting: FuseTree = {
    ...tree,
    keep: (node) => add(node, 1),
    forget: (node, times) => add(node, -times),
  }
  ask(opcode.readdirplus, 1, fields(0n, 0n, 4096, 0, 0n, 0, 0), counting)
  ask(opcode.lookup, 1, Buffer.from('hello\0'), counting)
  expect([...counted]).toEqual([
    [2, 1],
    [3, 2],
    [4, 1],
    [5, 1],
    [6, 1],
  ])
  expect(ask(opcode.forget, 3, fields(2n), counting)).toBeUndefined()
  expect(ask(opcode.batchForget, 0, fields(2, 0, 2n, 1n, 4n, 1n), counting)).toBeUndefined()
  expect([...counted.values()]).toEqual([0, 0, 0, 1, 1])
})

test('attributes are sized, refused when the room is short, and given', () => {
  const name = Buffer.from('user.color\0')
  const get = (room: number): Answer =>
    ask(opcode.getxattr, 3, Buffer.concat([fields(room, 0), name])) as Answer
  expect(get(0).body.readUInt32LE(0)).toBe(4)
  expect(get(3).error).toBe(-ERANGE)
  expect(get(4).body.toString()).toBe('blue')
  expect(ask(opcode.getxattr, 2, Buffer.concat([fields(9, 0), name]))?.error).toBe(-ENODATA)
  expect(ask(opcode.listxattr, 3, fields(100, 0))?.body.toString()).toBe('user.color\0')
  const { listxattr: _list, getxattr: _get, ...without } = tree
  expect(ask(opcode.listxattr, 3, fields(100, 0), without)?.error).toBe(-ENOSYS)
})

test('LSEEK finds data and holes', () => {
  const seeking: FuseTree = {
    ...tree,
    seek: (_node, offset, wanted) => (wanted === 'data' ? offset + 1 : 2 ** 40),
  }
  const seek = (whence: number): Answer => ask(opcode.lseek, 3, fields(0n, 9n, whence, 0), seeking) as Answer
  expect(seek(3).body.readBigUInt64LE(0)).toBe(10n)
  expect(seek(4).body.readBigUInt64LE(0)).toBe(2n ** 40n)
  expect(ask(opcode.lseek, 3, fields(0n, 9n, 3, 0))?.error).toBe(-ENOSYS)
})

test('STATFS counts in blocks of 4096 bytes', () => {
  const { body } = ask(opcode.statfs, 1) as Answer
  expect(body.length).toBe(80)
  expect([body.readBigUInt64LE(0), body.readUInt32LE(40)]).toEqual([123n, 4096])
})

test('the kernel opens by itself if the tree does not', () => {
  expect(ask(opcode.open, 3, fields(0, 0))?.error).toBe(-ENOSYS)
  const opening: FuseTree = { ...tree, open: () => 2 ** 40 }
  expect(ask(opcode.open, 3, fields(0, 0), opening)?.body.readBigUInt64LE(0)).toBe(2n ** 40n)
  expect(ask(opcode.opendir, 1, fields(0, 0))?.error).toBe(-ENOSYS)
})

test('what would write is refused, what is unknown is not there', () => {
  for (const code of [4, 9, 10, 16, 35]) expect(ask(code, 1, Buffer.alloc(64))?.error).toBe(-EROFS)
  expect(ask(4711, 1)?.error).toBe(-ENOSYS)
  for (const code of [opcode.flush, opcode.access, opcode.destroy, opcode.releasedir])
    expect(ask(code, 1, Buffer.alloc(24))?.error).toBe(0)
  expect(ask(opcode.interrupt, 0, fields(5n))).toBeUndefined()
})

test('a request that is cut off gets an error, or none if its header is', () => {
  const known = Object.values(opcode)
  for (const code of known) {
    for (const length of [0, 1, 7]) {
      const answer = ask(code, 1, Buffer.alloc(length))
      expect(answer?.error ?? 0).toBeLessThanOrEqual(0)
    }
  }
  expect(ask(opcode.read, 3, Buffer.alloc(23))?.error).toBe(-EINVAL)
  const whole = requestOf(opcode.read, 3, readRequest(0, 10))
  const { answerRequest } = answering(tree, 5, () => {})
  expect(answerRequest(whole.subarray(0, 39))).toBeUndefined()
  expect(answerRequest(whole.subarray(0, 60))).toBeUndefined()
})

test('a tree that throws costs one request, and a line in the log', () => {
  const lines: string[] = []
  const throwing: FuseTree = {
    ...tree,
    attributes: () => {
      throw new Error('the disc is broken')
    },
  }
  const { answerRequest } = answering(throwing, 5, (line) => lines.push(line))
  const pieces = answerRequest(requestOf(opcode.getattr, 3, Buffer.alloc(16))) as Uint8Array[]
  expect(Buffer.from(pieces[0] as Uint8Array).readInt32LE(4)).toBe(-EIO)
  expect(lines.join()).toContain('the disc is broken')
  expect(tree.lookup(1, Buffer.from('none'))).toBe(-ENOENT)
})
