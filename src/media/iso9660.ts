/**
 * The directory of an ISO 9660 image (ECMA-119), with the names of Rock Ridge (IEEE P1282) or Joliet. The
 * image may be hostile, and its medium scratched. So nothing is followed twice, everything is bounded, and an
 * unreadable sector of a directory does not hide the others.
 */

import { joinPath, pathFromBytes } from '../format/path-text.ts'
import { type ReadImage, rockRidge, suspSkip } from './rock-ridge.ts'

/** A contiguous range of an image. */
export interface Extent {
  readonly offset: number
  readonly sizeBytes: number
}

export type ImageEntry =
  | { readonly kind: 'file'; readonly sizeBytes: number; readonly extents: readonly Extent[] }
  /** `trouble`: why some of its names are unknown. */
  | { readonly kind: 'folder'; readonly names: readonly string[]; readonly trouble: string | undefined }
  | { readonly kind: 'other' }

export interface ImageDirectory {
  readonly label: string
  /** The size in the image's own header; the image may have more, or be cut short. */
  readonly sizeBytes: number
  /** By path with slashes; the root is the empty path. */
  readonly entries: ReadonlyMap<string, ImageEntry>
}

export const sectorBytes = 2048
/** The sectors before it can start a computer. */
export const firstDescriptor = 16
const mostDescriptors = 32
const mostEntries = 250_000
const mostDirectoryBytes = 64 << 20
const mostLevels = 16

/**
 * Undefined without an ISO 9660 file system. Throws only if all descriptors fail, with `read`'s error for the
 * first one.
 */
export function readDirectory(read: ReadImage): ImageDirectory | undefined {
  const volumes = findVolumes(read)
  const trees = volumes.map((volume) => new Tree(read, volume)).sort((a, b) => a.worth - b.worth)
  let entries = new Map<string, ImageEntry>()
  let isWhole = false
  for (const tree of trees) {
    if (isWhole) break
    const found = tree.walk()
    entries = entries.size === 0 ? found : merged(entries, found)
    isWhole = tree.isWhole
  }
  const [first] = volumes
  return first && { label: first.label, sizeBytes: first.sizeBytes, entries }
}

interface Volume {
  readonly label: string
  readonly sizeBytes: number
  readonly joliet: boolean
  readonly root: Buffer
}

function findVolumes(read: ReadImage): Volume[] {
  const volumes: Volume[] = []
  const sector = Buffer.alloc(sectorBytes)
  let failure: unknown
  for (let i = firstDescriptor; i < firstDescriptor + mostDescriptors; i++) {
    try {
      if (read(sector, i * sectorBytes) < sectorBytes) break
    } catch (error) {
      failure ??= error
      if (i > firstDescriptor + 2 && volumes.length === 0) break
      continue
    }
    if (sector.toString('latin1', 1, 6) !== 'CD001') {
      if (i > firstDescriptor + 2) break
      continue // it may be damaged, and those behind it not
    }
    const type = sector[0]
    if (type === 255) break
    if ((type !== 1 && type !== 2) || sector.readUInt16LE(128) !== sectorBytes) continue
    const joliet = type === 2
    if (joliet && !['%/@', '%/C', '%/E'].includes(sector.toString('latin1', 88, 91))) continue
    const label = sector.subarray(40, 72)
    volumes.push({
      label: (joliet ? fromUcs2(label) : label.toString('latin1')).replace(/[ \0]+$/, ''),
      sizeBytes: sector.readUInt32LE(80) * sectorBytes,
      joliet,
      root: Buffer.from(sector.subarray(156, 190)),
    })
  }
  if (volumes.length === 0 && failure !== undefined) throw failure
  return volumes
}

interface Found {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'other'
  readonly extent: Extent
  /** The file is too large for one record, so another record of it follows. */
  readonly continues: boolean
}

/** One of an image's directory trees, which list the same files. */
class Tree {
  readonly #read: ReadImage
  readonly #volume: Volume
  readonly #skip: number | undefined
  readonly #seen = new Set<number>()
  readonly #entries = new Map<string, ImageEntry>()
  #directoryBytes = 0
  isWhole = true

  constructor(read: ReadImage, volume: Volume) {
    this.#read = read
    this.#volume = volume
    this.#skip = volume.joliet ? undefined : this.#rockRidgeSkip()
  }

  /** Prefers Rock Ridge names, then Joliet, then plain ISO 9660. */
  get worth(): number {
    return this.#skip !== undefined ? 0 : this.#volume.joliet ? 1 : 2
  }

  walk(): Map<string, ImageEntry> {
    const { root } = this.#volume
    this.#folder('', extentOf(root), 0)
    return this.#entries
  }

  #rockRidgeSkip(): number | undefined {
    const sector = this.#sector(extentOf(this.#volume.root).offset)
    if (typeof sector === 'string') return undefined
    return suspSkip(recordIn(sector, 0))
  }

  #folder(path: string, extent: Extent, level: number): void {
    const names: string[] = []
    const folders: { name: string; extent: Extent }[] = []
    let trouble: string | undefined
    let parts: Extent[] = []
    let partsOf = ''
    for (const found of this.#records(extent, level, (why) => (trouble ??= why))) {
      const inner = joinPath(path, found.name)
      if (names.length + this.#entries.size >= mostEntries) {
        trouble ??= 'there are more names than any disc has'
        break
      }
      if (this.#entries.has(inner)) continue
      if (partsOf !== found.name) parts = []
      partsOf = found.name
      parts.push(found.extent)
      if (found.continues && found.kind === 'file') continue
      names.push(found.name)
      const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0)
      if (found.kind === 'folder') folders.push({ name: inner, extent: found.extent })
      else if (found.kind === 'file') this.#entries.set(inner, { kind: 'file', sizeBytes, extents: parts })
      else this.#entries.set(inner, { kind: 'other' })
      parts = []
    }
    this.#entries.set(path, { kind: 'folder', names: names.sort(), trouble })
    if (trouble !== undefined) this.isWhole = false
    for (const { name, extent: inner } of folders) this.#folder(name, inner, level + 1)
  }

  *#records({ offset, sizeBytes }: Extent, level: number, report: (why: string) => void): Generator<Found> {
    if (this.#seen.has(offset) || level > mostLevels) return report('the directory leads round in a circle')
    this.#seen.add(offset)
    this.#directoryBytes += sizeBytes
    if (this.#directoryBytes > mostDirectoryBytes) return report('the directory is larger than any disc has')
    for (let at = offset; at < offset + sizeBytes; at += sectorBytes) {
      const sector = this.#sector(at)
      if (typeof sector === 'string') {
        report(sector)
        continue
      }
      if (at === offset && recordIn(sector, 0).length === 0)
        report('there is no directory where one should be')
      // No record crosses the end of a sector.
      for (let i = 0; i < sectorBytes;) {
        const record = recordIn(sector, i)
        if (record.length === 0) break
        i += record.length
        const found = this.#entry(record)
        if (found) yield found
      }
    }
  }

  #sector(offset: number): Buffer | string {
    const sector = Buffer.alloc(sectorBytes)
    try {
      return this.#read(sector, offset) === sectorBytes ? sector : 'it is cut off'
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EIO'
        ? 'input/output error'
        : String(error)
    }
  }

  #entry(record: Buffer): Found | undefined {
    const flags = record[25] as number
    const own = record.subarray(33, 33 + (record[32] as number))
    if (own.length === 1 && (own[0] as number) <= 1) return undefined // . and ..
    if ((flags & 4) !== 0) return undefined // what belongs to a file of a Macintosh
    const extra = this.#skip === undefined ? undefined : rockRidge(record, this.#skip, this.#read)
    const name = extra?.name === undefined ? this.#plainName(own) : pathFromBytes(extra.name)
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) return undefined
    const isOdd = record[26] !== 0 || record[27] !== 0 || extra?.isOdd === true // parts laid between those of others
    const kind = isOdd ? 'other' : (flags & 2) !== 0 ? 'folder' : 'file'
    return { name, kind, extent: extentOf(record), continues: (flags & 0x80) !== 0 }
  }

  #plainName(own: Buffer): string {
    if (this.#volume.joliet) return fromUcs2(own).replace(/;\d+$/, '')
    return own.toString('latin1').replace(/;\d+$/, '').replace(/\.$/, '').toLowerCase()
  }
}

/** The record at `at`; empty if there is none, or it is invalid. */
function recordIn(sector: Buffer, at: number): Buffer {
  const length = sector[at] ?? 0
  const record = sector.subarray(at, at + length)
  return length >= 34 && record.length === length && 33 + (record[32] as number) <= length
    ? record
    : sector.subarray(0, 0)
}

const extentOf = (record: Buffer): Extent => ({
  offset: (record.readUInt32LE(2) + (record[1] as number)) * sectorBytes,
  sizeBytes: record.readUInt32LE(10),
})

const fromUcs2 = (bytes: Buffer): string =>
  Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le')

/** One tree may have entries that another lost: they are in different places of the disc. */
function merged(first: Map<string, ImageEntry>, second: Map<string, ImageEntry>): Map<string, ImageEntry> {
  const both = new Map([...second, ...first])
  for (const [path, entry] of both) {
    const other = second.get(path)
    if (entry.kind !== 'folder' || other?.kind !== 'folder') continue
    const names = [...new Set([...entry.names, ...other.names])].sort()
    // If one of the two is whole, nothing is missing.
    const trouble = entry.trouble === undefined || other.trouble === undefined ? undefined : entry.trouble
    both.set(path, { kind: 'folder', names, trouble })
  }
  return both
}
