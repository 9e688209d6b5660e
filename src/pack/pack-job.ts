/** Packs the chunk of one job, with no state but the job's. */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ButcherError, systemText } from '../errors.ts'
import { removeQuietly } from '../files/durable.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import { pathForSystem, showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { topName } from '../format/source-tree.ts'
import { ChunkPacker } from './chunk-packer.ts'
import type { ChunkJob } from './chunk-job.ts'
import { jobFile, type TryFiles, tryFiles } from './job-files.ts'
import { type PackedChunk, writePacked } from './packed-chunk.ts'
import { sharedContents } from './seen-contents.ts'

export interface PackJobOptions {
  /** Cores for the compression. */
  readonly jobs: number
  /** The word in the names of the result; by default a random one. */
  readonly attempt?: string
  readonly isStopped: () => boolean
  readonly onProgress?: (bytes: number, files: number) => void
}

export interface PackedJob extends PackedChunk {
  readonly attempt: string
  readonly files: TryFiles
}

/**
 * Undefined if nobody wants the job any more, or the run is stopped: then nothing is left of it. Throws
 * `source`, `no-space`, `io`.
 */
export async function packJob(job: ChunkJob, options: PackJobOptions): Promise<PackedJob | undefined> {
  const { chunk, folder, compression, keys, items } = job
  checkSource(job)
  checkRoom(job)
  const attempt = options.attempt ?? newAttempt()
  const files = tryFiles(folder, chunk, attempt, compression, keys !== undefined)
  const packer = new ChunkPacker({
    source: job.source,
    raw: undefined,
    hash: job.hash,
    jobs: options.jobs,
    keys: keys?.chunk,
    recordKeys: keys?.record,
    seen: sharedContents(items.length),
    isAlone: true,
    isStopped: options.isStopped,
    onProgress: options.onProgress ?? ((): void => {}),
  })
  try {
    await packer.open({
      ...job,
      parallelism: options.jobs,
      newPath: `${files.chunk}.new`,
      finalPath: files.chunk,
      newJournalPath: `${files.record}.new`,
      journalPath: files.record,
    })
    const added = await packer.add(items)
    if (added.packed < items.length) throw new Unwanted()
    const { bytes, sha256, record } = await packer.seal([])
    if (!isWanted(job)) throw new Unwanted()
    const { packed, results, bytes: sourceBytes } = added
    const answer = { chunk, bytes, sha256, host: os.hostname(), packed, sourceBytes, results, record }
    writePacked(files.manifest, answer, keys?.manifest)
    return { ...answer, attempt, files }
  } catch (error) {
    await packer.drop()
    removeTry(files)
    if (error instanceof Unwanted || !isWanted(job)) return undefined
    throw error
  }
}

export const newAttempt = (): string => randomBytes(6).toString('hex')

/** Removes what there is of a try. */
export function removeTry(files: TryFiles): void {
  for (const file of Object.values(files) as string[])
    for (const end of ['', '.new']) removeQuietly(file + end)
}

class Unwanted extends Error {}

/** The host of the catalog removes the file of a job that has an answer. */
const isWanted = ({ folder, chunk }: ChunkJob): boolean => fs.existsSync(path.join(folder, jobFile(chunk)))

/** An unmounted source looks like a folder without files: then all of them would count as gone. */
function checkSource({ source, items }: ChunkJob): void {
  const inSource = items.filter((item) => !item.record)
  const wanted =
    typeof source === 'string'
      ? inSource.length > 0
        ? [source]
        : []
      : source
          .filter(({ name }) => inSource.some((item) => topName(item.path) === name))
          .map(({ file, path: folder }) => file ?? folder)
  for (const place of wanted) {
    const why = unseen(place)
    if (why === undefined) continue
    throw new ButcherError('source', `this host does not see the source ${showPath(place)}: ${why}`, {
      path: place,
      hint: 'mount it at the same path, or give --source-map',
    })
  }
}

function unseen(place: string): string | undefined {
  const file = pathForSystem(place)
  try {
    fs.accessSync(file, fs.constants.R_OK)
    const isEmpty = fs.statSync(file).isDirectory() && fs.readdirSync(file).length === 0
    return isEmpty ? 'it is empty here' : undefined
  } catch (error) {
    return systemText(error)
  }
}

function checkRoom({ folder, mostBytes }: ChunkJob): void {
  const free = freeBytesIn(folder)
  if (free >= mostBytes) return
  throw new ButcherError(
    'no-space',
    `${showPath(folder)} has ${showSize(free)} free, but the chunk may take ${showSize(mostBytes)}`,
    { path: folder, hint: 'make room' },
  )
}
