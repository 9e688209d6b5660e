/**
 * Calculates the capacity of discs. Measured with xorriso 1.5.4 (`-as mkisofs -iso-level 3 -R -J -no-pad`) on
 * discs of 0 to 10,000 chunks: 33 sectors for the file system itself, and 0.112 sectors (230 bytes) of
 * directory records per file.
 */

import fs from 'node:fs'
import path from 'node:path'
import { sectorBytes } from '../format/medium.ts'

/** For the file system itself, with a reserve for a `parity` folder and one or two more files. */
const fileSystemBytes = 48 * sectorBytes

/** A file's directory records, in ISO 9660 with Rock Ridge and in Joliet. */
const recordBytes = 256

/** Bytes for each chunk besides its own sectors: directory records, and a line of SHA256SUMS. */
export const chunkExtraBytes = recordBytes + 128

/** The other files of a disc: README.txt, restore.sh, the catalog, SHA256SUMS. */
const otherFiles = 4

export interface DiscContents {
  readonly readmeBytes: number
  readonly scriptBytes: number
  readonly catalogBytes: number
  /** For index.html; 0 or omitted if there is none. */
  readonly pageBytes?: number
}

/** The bytes on a disc before its first chunk, in whole sectors. */
export function overheadBytes(contents: DiscContents): number {
  const checksums = 1024 // for the other files, and the rest of the last sector
  return (
    fileSystemBytes +
    otherFiles * recordBytes +
    inSectors(contents.readmeBytes) +
    inSectors(contents.scriptBytes) +
    inSectors(contents.catalogBytes) +
    (contents.pageBytes ? inSectors(contents.pageBytes) + recordBytes : 0) +
    inSectors(checksums)
  )
}

/** The bytes on a disc besides its chunks, and with each chunk. */
export interface DiscOverhead {
  readonly overheadBytes: number
  readonly chunkExtraBytes: number
  /** For parity: millionths of a chunk's sectors. */
  readonly sharePpm: number
}

/**
 * Kept free on each disc. So a spare of up to 20 full discs fits on a medium of the same size. A spare holds
 * as much as the fullest disc, and the file lists of all. With the largest medium, with 124 chunks of 1 GB,
 * 20 lists are 0.28 MB.
 */
export const spareReserveBytes = (capacityBytes: number): number =>
  Math.floor(Math.min(mostSpareReserveBytes, capacityBytes / 16_384) / sectorBytes) * sectorBytes

const mostSpareReserveBytes = 256 * 1024

/** Without parity. */
export const plainOverhead = (contents: DiscContents): DiscOverhead => ({
  overheadBytes: overheadBytes(contents),
  chunkExtraBytes,
  sharePpm: 0,
})

/** Free bytes for chunks. Each chunk counts in whole sectors, plus `chunkExtraIn`. */
export const roomBytes = (
  capacityBytes: number,
  take: DiscOverhead,
  sizes: readonly number[] = [],
): number =>
  capacityBytes === Infinity
    ? Infinity
    : Math.floor(
        ((capacityBytes - spareReserveBytes(capacityBytes) - take.overheadBytes - chunksBytes(sizes, take)) *
          1e6) /
          (1e6 + take.sharePpm),
      )

/** The bytes that each chunk takes of these free bytes, besides its own sectors. */
export const chunkExtraIn = ({ chunkExtraBytes: extra, sharePpm }: DiscOverhead): number =>
  Math.ceil((extra * 1e6) / (1e6 + sharePpm)) + (sharePpm === 0 ? 0 : 1)

/** The bytes on a disc for chunks of these sizes and their parity. */
export const chunksBytes = (
  sizes: readonly number[],
  { chunkExtraBytes: extra, sharePpm }: Pick<DiscOverhead, 'chunkExtraBytes' | 'sharePpm'>,
): number =>
  sizes.reduce((sum, size) => {
    const whole = inSectors(size)
    return sum + whole + Math.ceil((whole * sharePpm) / 1e6) + extra
  }, 0)

/** The bytes for more files of these sizes. */
export const filesBytes = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + inSectors(size) + recordBytes, 0)

/**
 * The bytes of a disc with files in one folder, as measured: 33 sectors and 230 bytes per file. It has no
 * reserve, unlike `overheadBytes`: a spare is as large as the fullest disc of its group, so its size must not
 * be overestimated.
 */
export const plainDiscBytes = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + inSectors(size), 34 * sectorBytes + inSectors(sizes.length * recordBytes))

/** The bytes that the disc in `folder` takes on its medium, as ISO 9660. Throws the system's errors. */
export function discBytes(folder: string): number {
  let bytes = fileSystemBytes
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      bytes += inSectors(fs.statSync(path.join(entry.parentPath, entry.name)).size) + recordBytes
  }
  return bytes
}

const inSectors = (bytes: number): number => Math.ceil(bytes / sectorBytes) * sectorBytes
