/** `butcher partition mount`: an image as a mounted folder with one file, the raw partition. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../../errors.ts'
import type { MountRequest } from '../../fuse/mount.ts'
import { openImage } from '../../partition/open-partition-image.ts'
import type { OpenPartitionOptions } from '../../partition/open-options.ts'
import type { PartitionFacts } from '../../partition/partition-image.ts'
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
  readonly request: MountRequest
  readonly facts: PartitionFacts
  /** The name of the file in the folder. */
  readonly name: string
}

/**
 * Reads the header of the image, and plans its mount. Throws `damaged` if the file is no partition image,
 * `usage` if it comes from a pipe, and `io`.
 */
export async function planPartitionMount(options: PartitionMountOptions): Promise<PartitionMount> {
  const { image: given, folder, report, signal, ...more } = options
  if (given === '-')
    throw new ButcherError('usage', 'an image from stdin cannot be mounted', { hint: 'name a file' })
  const file = path.resolve(given)
  const settings = {
    ...more,
    ...(more.cacheDir === undefined ? {} : { cacheDir: path.resolve(more.cacheDir) }),
  }
  const image = await openImage(file, {
    ...settings,
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    const { facts } = image
    const name = partitionName(file)
    const tree: PartitionTreeData = {
      image: file,
      options: settings,
      isAnsweredLater: facts.compressed !== null,
      name,
      bytes: facts.deviceBytes,
      usedBytes: image.usedBytes,
      modifiedMs: modified(file),
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
    return { request, facts, name }
  } finally {
    await image.close()
  }
}

function modified(file: string): number {
  try {
    return fs.statSync(file).mtimeMs
  } catch (error) {
    throw asButcherError(error, 'opening', file)
  }
}
