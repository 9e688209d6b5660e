/**
 * The answer to a job: a file beside the chunk, written last. Its first line is about the work, the others
 * are the journal's record of the chunk. It is compressed, and sealed in an encrypted set.
 */

import fs from 'node:fs'
import zlib from 'node:zlib'
import { openBox, sealBox } from '../crypto/sealed-box.ts'
import { ButcherError } from '../errors.ts'
import { renameDurably, writeAll } from '../files/durable.ts'
import type { ItemResult } from './protocol.ts'

export interface PackedChunk {
  readonly chunk: number
  /** Of the chunk's file. */
  readonly bytes: number
  readonly sha256: string
  /** The host that packed it. */
  readonly host: string
  /** Items in the chunk. */
  readonly packed: number
  readonly sourceBytes: number
  /** The items that are not simply stored, by their index in the job. */
  readonly results: ReadonlyMap<number, ItemResult>
  /** The lines of the journal's record. */
  readonly record: Uint8Array
}

/** A manifest of more is of no chunk that butcher plans. */
const mostBytes = 2 ** 29

export function writePacked(file: string, packed: PackedChunk, key: Uint8Array | undefined): void {
  const { record, results, ...facts } = packed
  const head = Buffer.from(`${JSON.stringify({ ...facts, results: [...results] })}\n`)
  const text = zlib.zstdCompressSync(Buffer.concat([head, record]))
  const fd = fs.openSync(`${file}.new`, 'w', 0o644)
  try {
    writeAll(fd, key ? sealBox(key, text) : text)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  renameDurably(`${file}.new`, file)
}

/** Throws `damaged` if the file is not whole, or another key sealed it. */
export function readPacked(file: string, key: Uint8Array | undefined): PackedChunk {
  try {
    const stored = fs.readFileSync(file)
    const text = key ? openBox(key, stored) : stored
    if (!text) throw new Error('it is sealed by another key')
    const whole = zlib.zstdDecompressSync(text, { maxOutputLength: mostBytes })
    const end = whole.indexOf(0x0a)
    const facts = JSON.parse(whole.subarray(0, end).toString()) as Omit<PackedChunk, 'record' | 'results'> & {
      readonly results: [number, ItemResult][]
    }
    return { ...facts, results: new Map(facts.results), record: whole.subarray(end + 1) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ButcherError('damaged', `the manifest ${file} cannot be read: ${why}`, { path: file })
  }
}
