/**
 * Checks the page tree of a SQLite file's schema before SQLite reads it (SQLite's file format, 1.6 and 2.6).
 * SQLite reads the whole schema into memory, and a file may claim a hundred million tables.
 */

import fs from 'node:fs'

const fileHeaderBytes = 100
/** A catalog has some twenty objects; their texts fill two or three pages of 4 KiB. */
const maxPages = 64
const maxObjects = 200
const maxTextBytes = 100_000

const leaf = 0x0d
const interior = 0x05

/** Whether the schema in `file` has a plausible size. For a damaged file, either answer is possible. */
export function hasSmallSchema(file: string): boolean {
  const descriptor = fs.openSync(file, 'r')
  try {
    const header = read(descriptor, 0, fileHeaderBytes)
    const stored = header.length < 18 ? 0 : header.readUInt16BE(16)
    const pageBytes = stored === 1 ? 65_536 : stored
    if (pageBytes < 512) return true // SQLite says what is wrong
    const todo = [1]
    let pages = 0
    let objects = 0
    for (let page = todo.pop(); page !== undefined; page = todo.pop()) {
      if (++pages > maxPages) return false
      const bytes = read(descriptor, (page - 1) * pageBytes, pageBytes)
      const start = page === 1 ? fileHeaderBytes : 0
      if (bytes.length < start + 12) return true
      const count = bytes.readUInt16BE(start + 3)
      const kind = bytes[start]
      const cellsAt = start + (kind === interior ? 12 : 8)
      if (kind === interior) todo.push(bytes.readUInt32BE(start + 8))
      else objects += count
      if (objects > maxObjects || count > maxObjects) return false
      for (let i = 0; i < count && cellsAt + 2 * i + 2 <= bytes.length; i++) {
        const cell = bytes.readUInt16BE(cellsAt + 2 * i)
        if (kind === interior && cell + 4 <= bytes.length) todo.push(bytes.readUInt32BE(cell))
        else if (kind === leaf && varint(bytes, cell) > maxTextBytes) return false
      }
    }
    return true
  } finally {
    fs.closeSync(descriptor)
  }
}

function read(descriptor: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, Math.max(0, fs.readSync(descriptor, bytes, 0, length, at)))
}

/** Good enough here: a number longer than four bytes is large. */
function varint(bytes: Buffer, at: number): number {
  let value = 0
  for (let i = at; i < at + 4 && i < bytes.length; i++) {
    const byte = bytes[i] as number
    value = value * 128 + (byte & 0x7f)
    if ((byte & 0x80) === 0) return value
  }
  return Number.POSITIVE_INFINITY
}
