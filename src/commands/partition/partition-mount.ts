/** `butcher partition mount`: an image as a mounted folder with one file, the raw partition. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../../errors.ts'
import { findParts } from '../../image-bytes/find-parts.ts'
import { openBytes } from '../../image-bytes/open-bytes.ts'
import type { MountRequest } from '../../fuse/mount.ts'
import type { OpenPartitionOptions } from '../../partition/open-options.ts'
import type { PartitionContentData } from './partition-content.ts'
import type { PartitionTreeData } from './partition-tree.ts'
import { partitionName } from './partition-name.ts'

export interface PartitionMountOptions extends Pick<
  OpenPartitionOptions,
  'fill' | 'bootSectorCopy' | 'cacheDir' | 'report' | 'signal'
> {
  /** The image, or the first of its parts. */
  readonly image: string
  /** An empty folder. */
  readonly folder: string
}

export interface PartitionMount {
  /** Of its tree, `about` is the `PartitionFacts`. */
  readonly request: MountRequest
  /** The name of the file in the folder. */
  readonly name: string
}

/**
 * Plans the mount of an image. The threads that serve it open the image, so its bitmap is read once. Throws
 * `usage` if it comes from a pipe, `source` and `io`.
 */
export async function planPartitionMount(options: PartitionMountOptions): Promise<PartitionMount> {
  const { image: given, folder, report, signal, ...more } = options
  if (given === '-') throw fromPipe('stdin')
  const file = path.resolve(given)
  const settings = {
    ...more,
    ...(more.cacheDir === undefined ? {} : { cacheDir: path.resolve(more.cacheDir) }),
  }
  const stat = statOf(file)
  if (stat.isFIFO()) throw fromPipe(given)
  const name = partitionName(file)
  const tree: PartitionTreeData = {
    image: file,
    options: settings,
    isAnsweredLater: await isCompressed(file),
    name,
    modifiedMs: stat.mtimeMs,
    owner: process.geteuid?.() ?? 0,
    group: process.getegid?.() ?? 0,
  }
  const content: PartitionContentData = { image: file, options: settings }
  const request: MountRequest = {
    folder,
    source: file,
    tree: { program: new URL('./partition-tree.ts', import.meta.url), data: tree },
    content: tree.isAnsweredLater
      ? [{ program: new URL('./partition-content.ts', import.meta.url), data: content }]
      : [],
    ...(report === undefined ? {} : { report }),
    ...(signal === undefined ? {} : { signal }),
  }
  return { request, name }
}

const fromPipe = (what: string): ButcherError =>
  new ButcherError('usage', `an image from ${what} cannot be mounted`, { hint: 'name a file' })

function statOf(file: string): fs.Stats {
  try {
    return fs.statSync(file)
  } catch (error) {
    throw asButcherError(error, 'opening', file)
  }
}

/** By its first bytes. */
async function isCompressed(file: string): Promise<boolean> {
  const [first] = await findParts(file)
  const bytes = await openBytes([first as string])
  try {
    return bytes.compressed !== null
  } finally {
    await bytes.close()
  }
}
