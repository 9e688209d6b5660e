/** Reads a burned disc from its first byte to the last burned one, and compares. */

import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { asButcherError, throwIfAborted } from '../errors.ts'
import { pageMemory } from '../files/page-memory.ts'
import { programEnvironment } from '../programs/environment.ts'
import type { Device } from './drive.ts'
import { PieceSums, pieceBytes } from './piece-sums.ts'
import type { BurnedBytes } from './write-disc.ts'

export interface ReadBack {
  /** Whether every byte is as burned. */
  readonly isSound: boolean
  readonly bytes: number
  /** The wrong ranges, in whole pieces. */
  readonly wrong: readonly { readonly offset: number; readonly sizeBytes: number }[]
}

export interface ReadBackOptions {
  readonly device: Device
  readonly burned: BurnedBytes
  /** Reads past the system's cache, for a disc that was not ejected after it was burned. */
  readonly isDirect?: boolean
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

const readBytes = 16 * pieceBytes

/** A drive needs some time to recognize a newly loaded disc. */
const patienceMs = 60_000

/**
 * Throws `io` if the disc cannot be opened, and `aborted`. An unreadable sector counts as wrong, not as an
 * error.
 */
export async function readBack(options: ReadBackOptions): Promise<ReadBack> {
  const { device, burned, onBytes, signal } = options
  if (device.kind === 'file') forget(device.file)
  const handle = await openPatiently(options)
  const hash = createHash('sha256')
  const sums = new PieceSums()
  const unreadable = new Set<number>()
  const buffer = pageMemory(readBytes)
  try {
    for (let offset = 0; offset < burned.bytes; offset += readBytes) {
      throwIfAborted(signal)
      const data = buffer.subarray(0, Math.min(readBytes, burned.bytes - offset))
      if (!(await fill(handle, data, offset))) {
        for (const at of await readByPiece(handle, data, offset)) unreadable.add(at / pieceBytes)
      }
      hash.update(data)
      sums.add(data)
      onBytes?.(offset + data.length)
    }
  } finally {
    await handle.close()
  }
  const isSound = unreadable.size === 0 && hash.digest('hex') === burned.sha256
  const expected = burned.sums.list
  const wrong = sums.list.flatMap((sum, i) =>
    sum !== expected[i] || unreadable.has(i)
      ? [{ offset: i * pieceBytes, sizeBytes: Math.min(pieceBytes, burned.bytes - i * pieceBytes) }]
      : [],
  )
  return { isSound, bytes: burned.bytes, wrong }
}

/** Reads piece by piece. Returns the offsets of unreadable pieces, which are filled with zeros. */
async function readByPiece(handle: FileHandle, data: Buffer, offset: number): Promise<number[]> {
  const bad: number[] = []
  for (let at = 0; at < data.length; at += pieceBytes) {
    const piece = data.subarray(at, at + pieceBytes)
    if (await fill(handle, piece, offset + at)) continue
    piece.fill(0)
    bad.push(offset + at)
  }
  return bad
}

/** Returns false if a part cannot be read. */
async function fill(handle: FileHandle, piece: Buffer, offset: number): Promise<boolean> {
  try {
    for (let done = 0; done < piece.length;) {
      const { bytesRead } = await handle.read(piece, done, piece.length - done, offset + done)
      if (bytesRead === 0) return false
      done += bytesRead
    }
    return true
  } catch {
    return false
  }
}

async function openPatiently({ device, isDirect = false, signal }: ReadBackOptions): Promise<FileHandle> {
  const { kind, file } = device
  const { O_RDONLY, O_DIRECT = 0 } = fs.constants
  for (const until = Date.now() + (kind === 'drive' ? patienceMs : 0); ;) {
    try {
      return await open(file, isDirect && kind === 'drive' ? O_RDONLY | O_DIRECT : O_RDONLY)
    } catch (error) {
      if (Date.now() >= until) throw asButcherError(error, 'cannot read', file)
    }
    throwIfAborted(signal)
    await wait(500)
  }
}

/**
 * Asks the system to read the file from disk and not from its cache. Without GNU dd, it may use the cache.
 */
const forget = (file: string): void =>
  void spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none'], {
    stdio: 'ignore',
    env: programEnvironment(),
  })
