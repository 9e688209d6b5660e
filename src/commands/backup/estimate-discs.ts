/** Estimates the number of discs for a dry run, from the sizes of files, and from compressed samples. */

import fs from 'node:fs'
import { compressor, segmentBytes } from '../../compress/compress.ts'
import type { Compression } from '../../format/layout.ts'
import type { SourceTree } from '../../format/source-tree.ts'
import type { ItemSource } from '../../pack/item-source.ts'
import { layoutOf } from '../../pack/file-layout.ts'
import { openSource } from '../../pack/source-file.ts'
import type { BackupSummary } from './backup-options.ts'

export interface EstimateOptions {
  readonly itemSource: ItemSource
  readonly source: SourceTree
  readonly jobs: number
  readonly chunkBytes: number
  /** Room on the open disc, and on an empty one. */
  readonly openRoomBytes: number
  readonly emptyRoomBytes: number
}

/** The most source bytes that are read to estimate compression. */
const sampleBytes = 4 * segmentBytes
/** Per file, so that many files are sampled. */
const sampleBytesPerFile = 262_144

interface Kind {
  tarBytes: number
  readonly sample: Buffer[]
  sampled: number
  seen: number
}

export async function estimateDiscs(
  options: EstimateOptions,
): Promise<NonNullable<BackupSummary['estimate']>> {
  const kinds = new Map<Compression, Kind>()
  const total = options.itemSource.totalDataBytes()
  const every = Math.max(1, total / (sampleBytes * 8))
  for (let isOpen = true; isOpen; isOpen = options.itemSource.openReferences()) {
    for (let batch = options.itemSource.pull(); batch; batch = options.itemSource.pull()) {
      for (const { item, compression, bytes, headerBytes, manifestBytes } of batch) {
        const kind: Kind = kinds.get(compression) ?? { tarBytes: 0, sample: [], sampled: 0, seen: 0 }
        kinds.set(compression, kind)
        kind.tarBytes += headerBytes / 2 + Math.ceil(bytes / 512) * 512 + manifestBytes / 3
        kind.seen += bytes
        // Evenly spread: a file is sampled once the bytes before it are due.
        if (
          bytes > 0 &&
          compression !== 'none' &&
          kind.sampled < sampleBytes &&
          kind.seen >= kind.sampled * every
        ) {
          const sample = readSample(options.source, item.path)
          kind.sample.push(sample)
          kind.sampled += sample.length
        }
      }
    }
  }
  let stored = 0
  const parts: string[] = []
  for (const [compression, kind] of kinds) {
    const ratio = await sampleRatio(compression, kind, options.jobs)
    stored += kind.tarBytes * ratio
    if (kind.seen > 0) parts.push(`${compression}: ${Math.round(ratio * 100)} %`)
  }
  const { openRoomBytes, emptyRoomBytes } = options
  const further = Math.max(0, stored - Math.max(0, openRoomBytes))
  const discs =
    stored === 0
      ? 0
      : (openRoomBytes > 0 ? 1 : 0) +
        (emptyRoomBytes === Infinity ? Number(openRoomBytes <= 0) : Math.ceil(further / emptyRoomBytes))
  const method = `from file sizes and compressed samples (${parts.join(', ') || 'nothing to store'})`
  return { discs, bytesStored: Math.round(stored), method }
}

async function sampleRatio(compression: Compression, kind: Kind, jobs: number): Promise<number> {
  if (compression === 'none' || kind.sampled === 0) return 1
  const used = compressor(compression, jobs)
  try {
    const sample = Buffer.concat(kind.sample)
    let bytes = 0
    for (let at = 0; at < sample.length; at += segmentBytes) {
      bytes += (await used.compress(sample.subarray(at, at + segmentBytes))).length
    }
    // A tiny sample is smaller than the header of its compressed form; many such files share one.
    return sample.length === 0 ? 1 : Math.min(1, bytes / sample.length)
  } finally {
    await used.close()
  }
}

function readSample(source: SourceTree, file: string): Buffer {
  try {
    const { fd, stat } = openSource(source, file)
    try {
      const { ranges } = layoutOf(fd, stat)
      const at = ranges?.[0]?.offset ?? 0
      const sample = Buffer.alloc(Math.min(sampleBytesPerFile, Number(stat.size) - at))
      return sample.subarray(0, fs.readSync(fd, sample, 0, sample.length, at))
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return Buffer.alloc(0)
  }
}
