/** Reads a manifest that was extracted from its chunk, line by line, because it may be large. */

import fs from 'node:fs'
import { ButcherError } from '../errors.ts'
import { type ChunkLine, checkpointFormat, type ManifestLine, type StoredLine } from '../format/manifest.ts'

/** The longest path and link target are far shorter than this. */
const maxLineBytes = 16 << 20

/** Throws `damaged` if a line is not a manifest line. */
export function* manifestLines(file: string): Generator<ManifestLine> {
  const fd = fs.openSync(file, 'r')
  try {
    const piece = Buffer.allocUnsafeSlow(1 << 20)
    let rest: Buffer = Buffer.alloc(0)
    for (let read; (read = fs.readSync(fd, piece)) > 0;) {
      const bytes = Buffer.concat([rest, piece.subarray(0, read)])
      let start = 0
      for (let end; (end = bytes.indexOf(0x0a, start)) >= 0; start = end + 1) {
        if (end > start) yield parsed(bytes.toString('utf8', start, end))
      }
      rest = bytes.subarray(start)
      if (rest.length > maxLineBytes) throw noManifest()
    }
    if (rest.length > 0) yield parsed(rest.toString('utf8'))
  } finally {
    fs.closeSync(fd)
  }
}

export interface ManifestHead {
  readonly chunk: ChunkLine
  /** The chunks that were known when the run began, in the order of their numbers. */
  readonly stored: readonly StoredLine[]
  /** The manifest has every row of the catalog, and `stored` is of all chunks. */
  readonly isCheckpoint: boolean
}

const headTypes = new Set(['chunk', 'meta', 'backup', 'disc', 'root', 'stored', 'checkpoint'])

/**
 * The lines of a manifest about its chunk and others. Throws `damaged`, or `catalog` if the format is newer.
 */
export function manifestHead(file: string): ManifestHead {
  let chunk: ChunkLine | undefined
  const stored: StoredLine[] = []
  let isCheckpoint = false
  for (const line of manifestLines(file)) {
    if (chunk === undefined) chunk = checkedChunk(line)
    if (!headTypes.has(line.t)) break
    if (line.t === 'checkpoint') isCheckpoint = true
    if (line.t === 'stored' && isNumber(line.chunk) && isNumber(line.disc) && isHash(line.sha256))
      stored.push(line)
  }
  if (chunk === undefined) throw noManifest()
  stored.sort((a, b) => a.chunk - b.chunk)
  return { chunk, stored, isCheckpoint }
}

function checkedChunk(line: ManifestLine): ChunkLine {
  if (
    line.t !== 'chunk' ||
    typeof line.set !== 'string' ||
    ![line.chunk, line.disc, line.backup].every(isNumber)
  ) {
    throw noManifest()
  }
  if (line.format > checkpointFormat) {
    throw new ButcherError(
      'catalog',
      `chunk ${line.chunk} is of format ${line.format}, newer than this butcher knows`,
      {
        hint: 'use the butcher that wrote it, or a newer one',
      },
    )
  }
  return line
}

const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

function parsed(text: string): ManifestLine {
  try {
    const line = JSON.parse(text) as ManifestLine | null
    if (typeof line === 'object' && typeof line?.t === 'string') return line
  } catch {
    // reported below
  }
  throw noManifest()
}

const noManifest = (): ButcherError => new ButcherError('damaged', 'its manifest is damaged')
