/** Gathers the remains of a disc's two PAR2 sets, and identifies them. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { writeAll } from '../files/durable.ts'
import {
  checksumFile,
  chunkFolder,
  pageFile,
  parseChunkFile,
  readmeFile,
  scriptFile,
  stagedCatalogFile,
} from '../format/layout.ts'
import { type Packet, scanPackets } from './scan-packets.ts'

export interface ParitySet {
  /** A PAR2 file with every sound packet of the set once. */
  readonly file: string
  readonly blockBytes: number
  readonly files: readonly SetFile[]
  readonly recoveryBlocks: number
  /** One more than the highest number of a recovery block found. */
  readonly recoveryBlocksAtLeast: number
  /** Whether a block is all zeros, like the end of a tar. */
  readonly hasZeroBlock: boolean
  /** The name of the program that made the set. */
  readonly creator: string | undefined
}

export interface SetFile {
  readonly name: string
  readonly sizeBytes: number
  /** Hex. */
  readonly md5: string
}

export interface GatheredSets {
  readonly disc: ParitySet | undefined
  readonly checksums: ParitySet | undefined
}

interface Gathering {
  readonly file: string
  readonly seen: Set<string>
  readonly names: Map<string, SetFile>
  readonly blocks: Set<string>
  blockBytes: number | undefined
  recoveryBlocks: number
  recoveryBlocksAtLeast: number
  creator: string | undefined
}

/** A disc has two sets. The limit protects the memory from files with very many sets. */
const mostSets = 64

/** Reads all `sources`, and writes the packets to new files in `folder`. */
export async function gatherSets(
  sources: readonly string[],
  folder: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<GatheredSets> {
  const sets = new Map<string, Gathering>()
  const open = new Map<string, number>()
  try {
    for (const source of sources) {
      for await (const packet of scanPackets(source, onBytes, signal)) {
        const set = sets.get(packet.setId) ?? begin(path.join(folder, `set-${sets.size + 1}.par2`))
        if (!sets.has(packet.setId)) {
          if (sets.size >= mostSets) continue
          sets.set(packet.setId, set)
          open.set(set.file, fs.openSync(set.file, 'wx'))
        }
        take(set, packet, open.get(set.file) as number)
      }
    }
  } catch (error) {
    throw asButcherError(error, 'cannot write', folder)
  } finally {
    for (const fd of open.values()) fs.closeSync(fd)
  }
  const whole = [...sets.values()].flatMap((set) => (isOurs(set) ? [set] : []))
  const best = (of: (names: readonly string[]) => boolean): ParitySet | undefined => {
    const [first] = whole
      .filter(({ names }) => of([...names.values()].map(({ name }) => name)))
      .sort((a, b) => b.seen.size - a.seen.size)
    if (first === undefined) return undefined
    const { file, blockBytes = 0, recoveryBlocks, recoveryBlocksAtLeast, blocks, creator } = first
    const hasZeroBlock = blocks.has(md5OfZeros(blockBytes))
    return {
      hasZeroBlock,
      file,
      blockBytes,
      recoveryBlocks,
      recoveryBlocksAtLeast,
      creator,
      files: [...first.names.values()],
    }
  }
  return {
    disc: best((names) => !names.includes(checksumFile)),
    checksums: best((names) => names.length === 1 && names[0] === checksumFile),
  }
}

const begin = (file: string): Gathering => ({
  file,
  seen: new Set(),
  names: new Map(),
  blocks: new Set(),
  blockBytes: undefined,
  recoveryBlocks: 0,
  recoveryBlocksAtLeast: 0,
  creator: undefined,
})

function take(set: Gathering, packet: Packet, output: number): void {
  if (set.seen.has(packet.hash)) return
  set.seen.add(packet.hash)
  copy(packet, output)
  const { kind, body } = packet
  if (kind === 'main' && body.length >= 12) set.blockBytes = Number(body.readBigUInt64LE(0))
  if (kind === 'blocks') {
    for (let at = 16; at + 20 <= body.length; at += 20) set.blocks.add(body.toString('hex', at, at + 16))
  }
  if (kind === 'creator') set.creator = body.toString('utf8').replace(/\0+$/, '')
  if (kind === 'recovery') {
    set.recoveryBlocks++
    set.recoveryBlocksAtLeast = Math.max(set.recoveryBlocksAtLeast, exponentOf(packet) + 1)
  }
  if (kind === 'file' && body.length >= 56) {
    const name = body.toString('utf8', 56).replace(/\0+$/, '')
    const md5 = body.toString('hex', 16, 32)
    set.names.set(body.toString('hex', 0, 16), { name, md5, sizeBytes: Number(body.readBigUInt64LE(48)) })
  }
}

function md5OfZeros(sizeBytes: number): string {
  const hash = createHash('md5')
  const zeros = Buffer.alloc(Math.min(sizeBytes, 1 << 20))
  for (let left = sizeBytes; left > 0; left -= zeros.length)
    hash.update(zeros.subarray(0, Math.min(left, zeros.length)))
  return hash.digest('hex')
}

function exponentOf({ file, offset }: Packet): number {
  const fd = fs.openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(4)
    fs.readSync(fd, bytes, 0, 4, offset + 64)
    return bytes.readUInt32LE(0)
  } finally {
    fs.closeSync(fd)
  }
}

const copyBytes = 4 << 20

function copy({ file, offset, sizeBytes }: Packet, output: number): void {
  const input = fs.openSync(file, 'r')
  try {
    const buffer = Buffer.allocUnsafe(Math.min(copyBytes, sizeBytes))
    for (let done = 0; done < sizeBytes;) {
      const read = fs.readSync(input, buffer, 0, Math.min(buffer.length, sizeBytes - done), offset + done)
      if (read === 0) throw new Error('it became shorter while it was read')
      writeAll(output, buffer.subarray(0, read))
      done += read
    }
  } finally {
    fs.closeSync(input)
  }
}

/** Accepts only files of a butcher disc: a set names the files that par2 will write. */
const isOurs = ({ names, blockBytes }: Gathering): boolean =>
  blockBytes !== undefined && names.size > 0 && [...names.values()].every(({ name }) => isOfDisc(name))

const standard: ReadonlySet<string> = new Set([
  readmeFile,
  pageFile,
  scriptFile,
  checksumFile,
  stagedCatalogFile(true),
  stagedCatalogFile(false),
])

const isOfDisc = (name: string): boolean =>
  standard.has(name) ||
  (name.startsWith(`${chunkFolder}/`) && parseChunkFile(name.slice(chunkFolder.length + 1)) !== undefined)
