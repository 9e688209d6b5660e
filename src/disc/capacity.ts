/**
 * What fits on a disc. Measured with xorriso 1.5.4 (`-as mkisofs -iso-level 3 -R -J -no-pad`) on discs of 0 to 10,000
 * chunks: 33 sectors for the file system's own structures, and 0.112 sectors (230 bytes) of directory records a file.
 */

import fs from 'node:fs'
import path from 'node:path'
import { sectorBytes } from '../format/medium.ts'

/** Of the file system itself, with room for a `parity` folder and a file or two more. */
const fileSystemBytes = 48 * sectorBytes

/** A file's directory records, in ISO 9660 with Rock Ridge and in Joliet. */
const recordBytes = 256

/** What each chunk takes besides its own sectors: directory records, and a line of SHA256SUMS. */
export const chunkExtraBytes = recordBytes + 128

/** The other files of a disc: README.txt, restore.sh, the catalog, SHA256SUMS. */
const otherFiles = 4

export interface DiscContents {
  readonly readmeBytes: number
  readonly scriptBytes: number
  readonly catalogBytes: number
  /** Of index.html; 0 or left out where there is none. */
  readonly pageBytes?: number
}

/** What a disc takes before its first chunk, in bytes of whole sectors. */
export function overheadBytes(contents: DiscContents): number {
  const checksums = 1024 // of the other files, and the last sector's rest
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

/** What is taken of a disc: besides its chunks, and with each of them. */
export interface DiscTake {
  readonly overheadBytes: number
  readonly chunkExtraBytes: number
  /** Of parity: millionths of a chunk's sectors. */
  readonly sharePpm: number
}

/**
 * Left free on each disc, so that a spare of up to 20 full ones fits a medium of the same size: it holds as much as the
 * fullest of them, and the list of the files of all. Of the largest medium, of 124 chunks of 1 GB, 20 lists are 0.28 MB.
 */
export const spareReserveBytes = (capacityBytes: number): number =>
  Math.floor(Math.min(mostSpareReserveBytes, capacityBytes / 16_384) / sectorBytes) * sectorBytes

const mostSpareReserveBytes = 256 * 1024

/** Without parity. */
export const plainTake = (contents: DiscContents): DiscTake => ({
  overheadBytes: overheadBytes(contents),
  chunkExtraBytes,
  sharePpm: 0,
})

/** Room for chunks, each counted in whole sectors and with `chunkExtraIn`. */
export const roomBytes = (capacityBytes: number, take: DiscTake, sizes: readonly number[] = []): number =>
  capacityBytes === Infinity
    ? Infinity
    : Math.floor(
        ((capacityBytes - spareReserveBytes(capacityBytes) - take.overheadBytes - chunksBytes(sizes, take)) *
          1e6) /
          (1e6 + take.sharePpm),
      )

/** What each chunk takes of such a room besides its own sectors. */
export const chunkExtraIn = ({ chunkExtraBytes: extra, sharePpm }: DiscTake): number =>
  Math.ceil((extra * 1e6) / (1e6 + sharePpm)) + (sharePpm === 0 ? 0 : 1)

/** What chunks of such sizes take of the disc, and their parity. */
export const chunksBytes = (
  sizes: readonly number[],
  { chunkExtraBytes: extra, sharePpm }: Pick<DiscTake, 'chunkExtraBytes' | 'sharePpm'>,
): number =>
  sizes.reduce((sum, size) => {
    const whole = inSectors(size)
    return sum + whole + Math.ceil((whole * sharePpm) / 1e6) + extra
  }, 0)

/** What further files of such sizes take. */
export const filesBytes = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + inSectors(size) + recordBytes, 0)

/**
 * What a disc of files in one folder takes, measured: 33 sectors and 230 bytes a file. Unlike `overheadBytes` with nothing
 * set aside: what a spare takes must not be overestimated, for it is as large as the fullest disc of its group.
 */
export const plainDiscBytes = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + inSectors(size), 34 * sectorBytes + inSectors(sizes.length * recordBytes))

/** What the disc in `folder` takes of its medium, as ISO 9660. Throws what the system throws. */
export function discBytes(folder: string): number {
  let bytes = fileSystemBytes
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      bytes += inSectors(fs.statSync(path.join(entry.parentPath, entry.name)).size) + recordBytes
  }
  return bytes
}

export const inSectors = (bytes: number): number => Math.ceil(bytes / sectorBytes) * sectorBytes
