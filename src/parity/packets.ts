/** The packets of a PAR2 set. Source: Parity Volume Set Specification 2.0. */

import { createHash } from 'node:crypto'
import { par2HeadBytes, par2Magic } from '../format/par2-file.ts'

const md5Of = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export interface DescribedFile {
  readonly name: string
  readonly sizeBytes: number
  readonly id: Buffer
  /** MD5 of the first 16 KiB. */
  readonly startMd5: Buffer
}

export const describedStartBytes = 16_384

export function describeFile(name: string, sizeBytes: number, start: Uint8Array): DescribedFile {
  const startMd5 = md5Of(start)
  return { name, sizeBytes, startMd5, id: md5Of(startMd5, sizeText(sizeBytes), name) }
}

/** The order of the files in a set: by their ids as little-endian numbers. */
export function compareIds(a: DescribedFile, b: DescribedFile): number {
  return Buffer.compare(Buffer.from(a.id).reverse(), Buffer.from(b.id).reverse())
}

function sizeText(bytes: number): Buffer {
  const text = Buffer.alloc(8)
  text.writeBigUInt64LE(BigInt(bytes))
  return text
}

/** With zeros to a multiple of 4. */
function padded(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

/** The body of the main packet. Its MD5 is the id of the set. */
export function mainBody(blockBytes: number, files: readonly DescribedFile[]): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32LE(files.length)
  return Buffer.concat([sizeText(blockBytes), count, ...files.map(({ id }) => id)])
}

export const setIdOf = (main: Uint8Array): Buffer => md5Of(main)

const types = {
  main: 'PAR 2.0\0Main\0\0\0\0',
  file: 'PAR 2.0\0FileDesc',
  blocks: 'PAR 2.0\0IFSC\0\0\0\0',
  recovery: 'PAR 2.0\0RecvSlic',
  creator: 'PAR 2.0\0Creator\0',
} as const

export function packet(setId: Uint8Array, type: keyof typeof types, body: Uint8Array): Buffer {
  const hashed = Buffer.concat([setId, Buffer.from(types[type], 'latin1'), body])
  return Buffer.concat([head(body.length, md5Of(hashed)), hashed])
}

const head = (bodyBytes: number, md5: Uint8Array): Buffer =>
  Buffer.concat([par2Magic, sizeText(par2HeadBytes + bodyBytes), md5])

export const filePacket = (setId: Uint8Array, file: DescribedFile, md5: Uint8Array): Buffer =>
  packet(
    setId,
    'file',
    Buffer.concat([file.id, md5, file.startMd5, sizeText(file.sizeBytes), padded(file.name)]),
  )

export const blocksPacket = (setId: Uint8Array, { id }: DescribedFile, sums: Uint8Array): Buffer =>
  packet(setId, 'blocks', Buffer.concat([id, sums]))

export const creatorPacket = (setId: Uint8Array, creator: string): Buffer =>
  packet(setId, 'creator', padded(creator))

/** The bytes of a recovery packet before its data. */
export const recoveryHeadBytes = par2HeadBytes + 4

/** The part of these bytes that the packet's MD5 covers, besides the data. */
export function recoveryHashed(setId: Uint8Array, exponent: number): Buffer {
  const number = Buffer.alloc(4)
  number.writeUInt32LE(exponent)
  return Buffer.concat([setId, Buffer.from(types.recovery, 'latin1'), number])
}

export const recoveryHead = (hashed: Uint8Array, blockBytes: number, md5: Uint8Array): Buffer =>
  Buffer.concat([head(4 + blockBytes, md5), hashed])
