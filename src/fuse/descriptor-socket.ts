/** Receives an open file from another process: Node cannot, so it takes the C library, by koffi. */

import { ButcherError } from '../errors.ts'
import { cLibrary } from '../files/c-library.ts'

const unixDomain = 1
const stream = 1
const closeOnExec = 0x80000
const messageCloseOnExec = 0x40000000
const levelSocket = 1
const typeRights = 1

/** Two sockets that are connected; both are closed when a program is started. */
export function openSocketPair(folder: string): [ours: number, theirs: number] {
  if (cLibrary === undefined) {
    throw new ButcherError('program', `mounting on ${folder}: an ordinary user needs the npm package koffi`, {
      hint: 'install it: npm install -g koffi; or mount as root',
    })
  }
  const pair = Buffer.from(new ArrayBuffer(8))
  const socketpair = cLibrary.func('int socketpair(int domain, int type, int protocol, void *pair)')
  if (socketpair(unixDomain, stream | closeOnExec, 0, pair) !== 0)
    throw new ButcherError('io', `mounting on ${folder}: socketpair: error ${cLibrary.errno()}`)
  return [pair.readInt32LE(0), pair.readInt32LE(4)]
}

/**
 * The descriptor in the one message that waits in a socket. `struct msghdr` with 64 bits: name u64, its
 * length u32, padding, vector u64, its length u64, control u64, its length u64, flags u32. Control message:
 * length u64, level u32, type u32, descriptor u32.
 */
export function receiveDescriptor(socket: number): number {
  const { func, address } = cLibrary as NonNullable<typeof cLibrary>
  const memory = Buffer.from(new ArrayBuffer(256))
  const [message, vector, byte, control] = [0, 64, 96, 128]
  const at = (offset: number): bigint => address(memory) + BigInt(offset)
  memory.writeBigUInt64LE(at(vector), message + 16)
  memory.writeBigUInt64LE(1n, message + 24)
  memory.writeBigUInt64LE(at(control), message + 32)
  memory.writeBigUInt64LE(24n, message + 40)
  memory.writeBigUInt64LE(at(byte), vector)
  memory.writeBigUInt64LE(1n, vector + 8)
  const recvmsg = func('long recvmsg(int socket, void *message, int flags)')
  const bytes = Number(recvmsg(socket, memory, messageCloseOnExec))
  const isRights =
    memory.readUInt32LE(control + 8) === levelSocket && memory.readUInt32LE(control + 12) === typeRights
  if (bytes < 1 || !isRights)
    throw new ButcherError('program', 'fusermount3 passed no descriptor of the file system')
  return memory.readInt32LE(control + 16)
}
