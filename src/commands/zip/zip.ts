/** A part of a backup as one zip file, made while it is read: no copy of a content is on a disk. */

import path from 'node:path'
import { crc32 } from 'node:zlib'
import { resolveBackup } from '../../catalog/resolve-backup.ts'
import { openSecrets } from '../../crypto/private-key.ts'
import { ButcherError, throwIfAborted } from '../../errors.ts'
import { silent } from '../../events.ts'
import { chunkFolder } from '../../format/layout.ts'
import { showPath } from '../../format/path-text.ts'
import { ContentLookup } from '../../mount/content-facts-of.ts'
import { DiscFinder } from '../../set/disc-finder.ts'
import { openCatalog } from '../../set/open-catalog.ts'
import { whileReading } from '../../set/readers.ts'
import type { ContentFacts } from '../../stretches/content-facts.ts'
import { ContentReader } from '../../stretches/content-reader.ts'
import { OpenChunks } from '../../stretches/open-chunks.ts'
import { StretchCache } from '../../stretches/stretch-cache.ts'
import { type PlannedEntry, planZip, type ZipPlan } from './zip-plan.ts'
import {
  blockBytes,
  blockHead,
  centralHeader,
  descriptor,
  endRecords,
  localHeader,
  type WrittenEntry,
  zipBytes,
} from './zip-records.ts'

export interface ZipOptions {
  readonly from: string
  readonly backup: number
  /** Relative to the source; none for all. */
  readonly paths: readonly string[]
  readonly passphrase?: string
  readonly signal: AbortSignal
}

export interface ZipFacts extends Omit<ZipPlan, 'entries'> {
  readonly zipBytes: number
  readonly missingDiscs: readonly number[]
}

/** Memory for decoded data: the contents of a chunk come one after the other. */
const cacheBytes = 128 << 20
/** Of one content at a time. */
const pieceBytes = 16 * blockBytes

/**
 * Calls `write` with the facts, and with the bytes as they come. Nothing is read if it does not ask for them.
 * Throws `usage`, `no-match`, `no-set`, `secret`, and `damaged` and `missing-disc` also among the bytes.
 */
export async function zip(
  options: ZipOptions,
  write: (facts: ZipFacts, bytes: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const { from, paths, passphrase, signal } = options
  await whileReading('zip', [from], async (noteBackup) => {
    const secrets = await openSecrets(passphrase === undefined ? {} : { passphrase }, silent)
    const catalog = await openCatalog([from], secrets, { checks: 'as-read', forgotten: true, signal })
    const discs = new DiscFinder(catalog, { from: catalog.folders, dryRun: true }, silent)
    const cache = new StretchCache(cacheBytes)
    const chunks = new OpenChunks({
      secrets,
      cache,
      threads: 1,
      filesOf: ({ disc, name }) => discs.placesOf(disc).map((place) => path.join(place, chunkFolder, name)),
      onTrouble: () => {},
    })
    try {
      const { number } = resolveBackup(catalog.db, String(options.backup))
      noteBackup(number)
      const { entries, ...plan } = planZip(catalog.db, number, paths)
      const missingDiscs = discsOf(entries).filter((disc) => discs.placesOf(disc).length === 0)
      const reader = new ContentReader({ chunks, cache, hash: catalog.meta.hash })
      const lookup = new ContentLookup(catalog.db)
      await write(
        { ...plan, zipBytes: zipBytes(entries), missingDiscs },
        zipOf(entries, (entry, offset) => read(entry, offset, reader, lookup), signal),
      )
    } catch (error) {
      if (!(error instanceof ButcherError)) throw error
      const { code, hint } = error
      throw new ButcherError(code, catalog.shown(error.message), hint === undefined ? {} : { hint })
    } finally {
      chunks.close()
      catalog.close()
    }
  })
}

function discsOf(entries: readonly PlannedEntry[]): readonly number[] {
  const discs = new Set<number>()
  for (const { content } of entries)
    if ('pieces' in content) for (const { chunk } of content.pieces) discs.add(chunk.disc)
  return [...discs].toSorted((a, b) => a - b)
}

async function read(
  { content, path: shown }: PlannedEntry,
  offset: number,
  reader: ContentReader,
  lookup: ContentLookup,
): Promise<readonly Buffer[]> {
  if (Buffer.isBuffer(content)) return [content]
  const facts: ContentFacts | undefined =
    'inPieces' in content ? lookup.between(content, offset, pieceBytes) : content
  if (facts === undefined)
    throw new ButcherError('damaged', `the catalog lacks a piece of ${showPath(shown)}`)
  return reader.read(facts, offset, pieceBytes)
}

type ReadEntry = (entry: PlannedEntry, offset: number) => Promise<readonly Buffer[]>

async function* zipOf(
  entries: readonly PlannedEntry[],
  readEntry: ReadEntry,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const written: WrittenEntry[] = []
  let offset = 0
  for (const entry of entries) {
    throwIfAborted(signal)
    const begin = offset
    let crc = 0
    if (Buffer.isBuffer(entry.content)) {
      crc = crc32(entry.content)
      const whole = Buffer.concat([localHeader(entry, crc), entry.content])
      offset += whole.length
      yield whole
    } else {
      for await (const { bytes, sum } of streamOf(entry, readEntry)) {
        crc = sum
        offset += bytes.length
        yield bytes
      }
    }
    written.push({ entry, crc, offset: begin })
  }
  const start = offset
  for (const one of written) {
    const head = centralHeader(one)
    offset += head.length
    yield head
  }
  yield endRecords(written.length, start, offset - start)
}

/** A file: header, blocks, descriptor. */
async function* streamOf(
  entry: PlannedEntry,
  readEntry: ReadEntry,
): AsyncGenerator<{ readonly bytes: Buffer; readonly sum: number }> {
  const { sizeBytes } = entry
  let sum = 0
  yield { bytes: localHeader(entry, 0), sum }
  let offset = 0
  do {
    const bytes = Buffer.concat(await readEntry(entry, offset))
    if (bytes.length !== Math.min(pieceBytes, sizeBytes - offset))
      throw new ButcherError('damaged', `${showPath(entry.path)} is not complete`)
    sum = crc32(bytes, sum)
    yield { bytes: Buffer.concat(blocksOf(bytes, offset + bytes.length === sizeBytes)), sum }
    offset += bytes.length
  } while (offset < sizeBytes)
  yield { bytes: descriptor(entry, sum), sum }
}

function blocksOf(bytes: Buffer, isEnd: boolean): readonly Buffer[] {
  const blocks: Buffer[] = []
  let at = 0
  do {
    const block = bytes.subarray(at, at + blockBytes)
    at += block.length
    blocks.push(blockHead(block.length, isEnd && at === bytes.length), block)
  } while (at < bytes.length)
  return blocks
}
