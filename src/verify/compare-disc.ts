/** Compares the files read from a disc with the expected ones. */

import { counted } from '../format/counted-text.ts'
import {
  checksumFile,
  checksumParitySet,
  chunkFolder,
  groupFile,
  pageFile,
  parityFolder,
  parseChunkFile,
  readmeFile,
  scriptFile,
  stagedCatalogFile,
} from '../format/layout.ts'
import { isChecksumParity, isDiscParity } from '../format/par2-file.ts'
import { badText } from './bad-text.ts'
import { type ChecksumList, differingDigits } from '../format/checksum-list.ts'
import type { Digest } from '../media/digest.ts'
import type { DiscListing } from '../media/disc-reader.ts'
import type { ChunkIndex, KnownChunk } from '../catalog/chunk-index.ts'
import type { FileStatus, Finding } from './finding.ts'

export interface ReadDisc {
  readonly place: string
  /** Undefined if no catalog knows the disc. */
  readonly disc: number | undefined
  readonly listing: DiscListing
  /** For every file that is not odd. */
  readonly digests: ReadonlyMap<string, Digest>
  readonly list: ChecksumList
  /** The sound files of the PAR2 set over SHA256SUMS, which SHA256SUMS does not list. */
  readonly soundParity: ReadonlySet<string>
  /** Undefined without a catalog: then only SHA256SUMS is left to compare with. */
  readonly chunks: ChunkIndex | undefined
}

/** A file with an unknown hash under a chunk's name: the caller may identify it. */
export interface Unknown {
  readonly finding: Finding
  /** The expected chunk; undefined if none is expected. */
  readonly expected: KnownChunk | undefined
}

export interface Judgement {
  readonly findings: readonly Finding[]
  /** The findings that may be chunks of other sets or discs. */
  readonly unknown: readonly Unknown[]
}

/** Whether this SHA256SUMS is of a spare disc, which has neither restore.sh nor a catalog. */
const isSpareList = (sums: ReadonlyMap<string, string>): boolean => sums.has(groupFile)

export const judgeDisc = (disc: ReadDisc): Judgement => new Judge(disc).judge()

class Judge {
  readonly #disc: ReadDisc
  readonly #findings: Finding[] = []
  readonly #unknown: Unknown[] = []
  readonly #done = new Set<string>()
  readonly #expected: ReadonlyMap<string, KnownChunk>
  readonly #byHash = new Map<string, string>()
  /** The wrong entries of SHA256SUMS. */
  readonly #wrongInList: string[] = []

  constructor(disc: ReadDisc) {
    this.#disc = disc
    for (const [name, { sha256 }] of disc.digests) {
      if (sha256 && name !== checksumFile) this.#byHash.set(sha256, name)
    }
    const known = disc.chunks && disc.disc !== undefined ? disc.chunks.ofDisc(disc.disc) : []
    this.#expected = new Map(known.map((chunk) => [chunk.name, chunk]))
  }

  judge(): Judgement {
    const { list, listing } = this.#disc
    for (const chunk of this.#expected.values()) this.#chunk(chunk)
    for (const [name, sha256] of list.sums) if (!this.#expected.has(name)) this.#listed(name, sha256)
    for (const { name, odd } of listing.files) {
      if (!this.#done.has(name) && name !== checksumFile) this.#unlisted(name, odd)
    }
    for (const { name, reason } of listing.unreadableFolders) this.#folder(name, reason)
    this.#standardFiles()
    this.#checksums()
    const order = new Map(listing.files.map(({ name }, i) => [name, i]))
    const place = ({ name }: Finding): number => order.get(name) ?? order.size
    return {
      findings: this.#findings.sort((a, b) => place(a) - place(b)),
      unknown: this.#unknown,
    }
  }

  /** Known chunks are compared with the catalog, whatever SHA256SUMS says. */
  #chunk(chunk: KnownChunk): void {
    const { name } = chunk
    const digest = this.#disc.digests.get(name)
    const listed = this.#disc.list.sums.get(name)
    if (listed !== undefined && listed !== chunk.sha256)
      this.#wrongInList.push(`its line of ${name} is not the catalog's`)
    if (digest === undefined) {
      this.#put(name, ...this.#absent(name, chunk.sha256), { chunk: chunk.chunk })
    } else if (digest.sha256 === chunk.sha256) {
      this.add(name, 'sound', '', { chunk: chunk.chunk })
    } else if (digest.sha256 === undefined) {
      this.add(name, 'unreadable', badText(digest), { chunk: chunk.chunk })
    } else {
      this.#wrong(name, digest, chunk)
    }
  }

  #wrong(name: string, { bytes, sha256 }: Digest, expected: KnownChunk): void {
    const is = this.#disc.chunks?.byHash(sha256 as string)
    const extra = { chunk: expected.chunk }
    const [has, all] = [counted(bytes, 'byte'), counted(expected.bytes, 'byte')]
    if (bytes === 0) return this.#put(name, 'empty', `it should have ${all}`, extra)
    if (is) return this.#put(name, 'misplaced', this.#whose(is), extra)
    const finding =
      bytes < expected.bytes
        ? this.add(name, 'truncated', `it has ${bytes} of ${all}`, extra)
        : bytes > expected.bytes
          ? this.add(name, 'damaged', `it has ${has} and should have ${expected.bytes}`, extra)
          : this.add(name, 'damaged', 'its SHA-256 is not the one in the catalog', extra)
    this.#unknown.push({ finding, expected })
  }

  /** A file that is in SHA256SUMS but not in the catalog. */
  #listed(name: string, sha256: string): void {
    const digest = this.#disc.digests.get(name)
    if (this.#isDenied(name)) {
      this.#wrongInList.push(`it names ${name}, which the catalog does not have`)
      return digest && this.#unlisted(name, undefined)
    }
    if (digest === undefined) {
      const other = this.#byHash.get(sha256)
      if (other !== undefined && this.#isStandard(other) && !this.#disc.list.sums.has(other)) {
        this.#wrongInList.push(`it lists ${other} as ${name}`)
        return this.#done.has(other) ? undefined : this.#put(other, 'sound', '')
      }
      if (other === undefined && this.#isListed(name)) return // told with the rest
      return this.#put(name, ...this.#absent(name, sha256))
    }
    if (digest.sha256 === sha256) return this.#put(name, 'sound', '')
    if (digest.sha256 === undefined) return this.#put(name, 'unreadable', badText(digest))
    if (differingDigits(digest.sha256, sha256) <= 4) {
      this.#wrongInList.push(`its line of ${name} is off by a digit`)
      return this.#put(name, 'sound', '')
    }
    if (digest.bytes === 0) return this.#put(name, 'empty', 'it should not be empty')
    const other = [...this.#disc.list.sums].find(([, sum]) => sum === digest.sha256)?.[0]
    if (other !== undefined) return this.#put(name, 'misplaced', `it is ${other}`)
    const what = 'its SHA-256 is not the one in SHA256SUMS'
    const finding = this.add(name, 'damaged', what)
    if (chunkNumber(name) !== undefined) this.#unknown.push({ finding, expected: undefined })
  }

  #unlisted(name: string, odd: string | undefined): void {
    const digest = this.#disc.digests.get(name)
    if (odd !== undefined || digest === undefined) {
      const status = this.#isStandard(name) || this.#disc.list.sums.has(name) ? 'unreadable' : 'surplus'
      return this.#put(name, status, odd ?? 'it cannot be read')
    }
    if (this.#isStandard(name)) return this.#put(name, 'unchecked', this.#whyUnchecked())
    if (isChecksumParity(name)) return this.#checksumParity(name, digest)
    const is = digest.sha256 === undefined ? undefined : this.#disc.chunks?.byHash(digest.sha256)
    if (is) {
      const own = is.disc === this.#disc.disc && this.#disc.digests.get(is.name)
      const isSecond = own && own.sha256 === digest.sha256
      const status = isSecond || is.disc !== this.#disc.disc ? 'surplus' : 'misplaced'
      return this.#put(name, status, isSecond ? `a second copy of ${is.name}` : this.#whose(is))
    }
    const number = chunkNumber(name)
    if (number !== undefined && this.#disc.chunks && number > this.#disc.chunks.newest) {
      return this.#put(name, 'unchecked', 'the catalog is older than this chunk and does not know it')
    }
    const finding = this.add(name, 'surplus', 'it belongs to nothing on this disc')
    if (number !== undefined) this.#unknown.push({ finding, expected: undefined })
  }

  #whyUnchecked(): string {
    const { digests, list } = this.#disc
    const digest = digests.get(checksumFile)
    if (digest === undefined)
      return this.#isListed(checksumFile) ? unreadableList : 'the disc has no SHA256SUMS'
    if (digest.sha256 === undefined) return unreadableList
    if (digest.bytes === 0) return 'SHA256SUMS is empty'
    return list.wrongLines.length > 0
      ? 'SHA256SUMS is damaged, and has no line of it'
      : 'SHA256SUMS has no line of it'
  }

  #checksumParity(name: string, digest: Digest): void {
    if (this.#disc.soundParity.has(name)) return this.#put(name, 'sound', '')
    if (digest.sha256 === undefined) return this.#put(name, 'unreadable', badText(digest))
    this.#put(name, 'damaged', 'it is not all sound packets of PAR2')
  }

  #folder(name: string, reason: string): void {
    const isOurs = name === '' || name === chunkFolder || name === parityFolder
    this.add(
      name === '' ? '.' : name,
      isOurs ? 'unreadable' : 'surplus',
      `the folder cannot be read: ${reason}`,
    )
  }

  #standardFiles(): void {
    const { digests } = this.#disc
    const isThere = (name: string): boolean => digests.has(name) || this.#done.has(name)
    const isSpare = isSpareList(this.#disc.list.sums)
    for (const name of isSpare ? [readmeFile, checksumFile] : [readmeFile, scriptFile, checksumFile]) {
      if (!isThere(name)) this.add(name, 'missing', 'it is not on the disc')
    }
    const hasParity = [...this.#disc.list.sums.keys()].some(isDiscParity)
    if (hasParity && ![...digests.keys()].some(isChecksumParity)) {
      this.add(
        `${parityFolder}/${checksumParitySet}`,
        'missing',
        'the parity of SHA256SUMS is not on the disc',
      )
    }
    if (!isSpare && ![true, false].some((encrypted) => isThere(stagedCatalogFile(encrypted)))) {
      this.add(stagedCatalogFile(false), 'missing', 'the disc has no catalog')
    }
  }

  #checksums(): void {
    const digest = this.#disc.digests.get(checksumFile)
    if (digest === undefined) return // missing: told
    const { wrongLines } = this.#disc.list
    if (digest.sha256 === undefined) return this.#put(checksumFile, 'unreadable', badText(digest))
    if (digest.bytes === 0) return this.#put(checksumFile, 'empty', 'it should not be empty')
    if (wrongLines.length > 0) this.#wrongInList.unshift(`line ${wrongLines[0]} of it is none`)
    const more = this.#wrongInList.length > 1 ? `, and ${this.#wrongInList.length - 1} more like it` : ''
    if (this.#wrongInList.length > 0) this.add(checksumFile, 'damaged', `${this.#wrongInList[0]}${more}`)
    else this.add(checksumFile, 'sound', '')
  }

  #absent(name: string, sha256: string): [FileStatus, string] {
    const other = this.#byHash.get(sha256)
    if (other !== undefined) return ['misplaced', `it is here as ${other}`]
    const folder = this.#disc.listing.unreadableFolders.find(
      (one) => one.name === chunkFolder || one.name === '',
    )
    if (folder && (folder.name === '' || name.startsWith(`${chunkFolder}/`)))
      return ['unreadable', `its folder cannot be read: ${folder.reason}`]
    return ['missing', 'it is not on the disc']
  }

  #whose(is: KnownChunk): string {
    const where = is.disc === this.#disc.disc ? is.name : `${is.name} of disc ${is.disc}`
    return `it is chunk ${is.chunk}, ${where}`
  }

  #isStandard = (name: string): boolean => standardFiles.has(name) || this.#expected.has(name)

  /** A chunk of this disc that the catalog should know. */
  #isDenied(name: string): boolean {
    const { disc, chunks } = this.#disc
    const number = chunkNumber(name)
    return disc !== undefined && chunks !== undefined && number !== undefined && number <= chunks.newest
  }

  #isListed = (name: string): boolean => this.#disc.listing.files.some((file) => file.name === name)

  #put(...given: Parameters<Judge['add']>): void {
    this.add(...given)
  }

  add(name: string, status: FileStatus, message: string, extra: { chunk?: number } = {}): Finding {
    this.#done.add(name)
    const digest = this.#disc.digests.get(name)
    const finding: Finding = {
      place: this.#disc.place,
      disc: this.#disc.disc,
      name,
      status,
      bytes: digest?.bytes ?? 0,
      chunk: extra.chunk,
      message,
      bad: digest?.bad ?? [],
    }
    this.#findings.push(finding)
    return finding
  }
}

const unreadableList = 'SHA256SUMS cannot be read'

const standardFiles: ReadonlySet<string> = new Set([
  pageFile,
  readmeFile,
  scriptFile,
  stagedCatalogFile(false),
  stagedCatalogFile(true),
])

/** The number in `chunks/NNNNNNNN.tar...`. */
export const chunkNumber = (name: string): number | undefined =>
  name.startsWith(`${chunkFolder}/`) ? parseChunkFile(name.slice(chunkFolder.length + 1))?.chunk : undefined
