/**
 * The mount of a partition image: a folder with one file. Loaded by the thread that serves the mount. `about`
 * of the tree is its `PartitionFacts`.
 */

import { once } from 'node:events'
import { constants } from 'node:os'
import type { MessagePort } from 'node:worker_threads'
import type { Report } from '../../events.ts'
import { type Attributes, type CreateTree, type FuseTree, later, type Pending } from '../../fuse/tree.ts'
import { openImage } from '../../partition/open-partition-image.ts'
import type { OpenPartitionOptions } from '../../partition/open-options.ts'
import type { Wanted } from '../../partition/seek.ts'
import { fromPlain } from '../../threads/plain-error.ts'
import type { ContentOrder, FromContent, OpenedFacts } from './partition-content.ts'

export interface PartitionTreeData {
  /** An absolute path. */
  readonly image: string
  readonly options: Pick<OpenPartitionOptions, 'fill' | 'bootSectorCopy' | 'cacheDir'>
  /** Another thread reads: of a compressed image, a read may unpack megabytes. */
  readonly isAnsweredLater: boolean
  readonly name: string
  readonly modifiedMs: number
  readonly owner: number
  readonly group: number
}

const { EIO, EISDIR, ENOENT, ENXIO } = constants.errno
const [root, partition] = [1, 2]
const [folderMode, fileMode] = [0o040555, 0o100444]

type Read = FuseTree['read']

export const createTree: CreateTree<PartitionTreeData> = async (
  data,
  { contentPorts, startContent, log, report },
) => {
  const [port] = contentPorts
  if (data.isAnsweredLater) startContent()
  const source = data.isAnsweredLater
    ? await readByThread(port as MessagePort, report)
    : await readHere(data, log, report)
  const { modifiedMs, owner, group } = data
  const { facts, usedBytes } = source.opened
  const bytes = facts.deviceBytes
  const name = Buffer.from(data.name)
  const modified = { seconds: Math.floor(modifiedMs / 1000), nanoseconds: 0 }
  const folder: Attributes = { mode: folderMode, bytes: 0, links: 2, owner, group, modified }
  const file: Attributes = {
    mode: fileMode,
    bytes,
    blocks: Math.ceil(usedBytes / 512),
    owner,
    group,
    modified,
  }
  return {
    about: facts,
    lookup: (parent, wanted) => (parent === root && wanted.equals(name) ? partition : -ENOENT),
    attributes: (node) => (node === root ? folder : node === partition ? file : -ENOENT),
    readdir: (node) => (node === root ? [{ name: data.name, node: partition, mode: fileMode }] : []),
    read: (node, handle, offset, wanted, room, pending) => {
      if (node !== partition) return -EISDIR
      const length = Math.max(0, Math.min(wanted, bytes - offset))
      return length === 0 ? 0 : source.read(node, handle, offset, length, room, pending)
    },
    seek: (node, ...call) => (node === partition ? source.seek(...call) : -EISDIR),
    statfs: () => ({ bytes, files: 1 }),
    close: source.close,
  }
}

interface Source {
  readonly opened: OpenedFacts
  readonly read: Read
  readonly seek: (offset: number, wanted: Wanted, pending: Pending) => number | typeof later
  readonly close: () => void
}

/** Reads an image that is not compressed. */
async function readHere(
  { image: file, options }: PartitionTreeData,
  log: (line: string) => void,
  report: Report,
): Promise<Source> {
  const image = await openImage(file, { ...options, report })
  await image.prepare()
  const { readAtSync } = image
  if (!readAtSync) throw new TypeError(`${file} cannot be read at once`)
  return {
    opened: { facts: image.facts, usedBytes: image.usedBytes },
    read: (_node, _handle, offset, length, room) => {
      try {
        readAtSync(offset, room.subarray(0, length))
        return length
      } catch (error) {
        log(`cannot read ${length} bytes at ${offset}: ${(error as Error).message}`)
        return -EIO
      }
    },
    seek: (offset, wanted) => {
      try {
        return image.seek(offset, wanted) ?? -ENXIO
      } catch (error) {
        log(
          `cannot look for ${wanted === 'data' ? 'data' : 'a hole'} at ${offset}: ${(error as Error).message}`,
        )
        return -EIO
      }
    },
    close: () => void image.close(),
  }
}

/** The thread makes an index first, or unpacks the image into the cache. */
async function readByThread(port: MessagePort, report: Report): Promise<Source> {
  let opened: OpenedFacts | undefined
  while (opened === undefined) {
    const [message] = (await once(port, 'message')) as [FromContent]
    if (message.type === 'event') report(message.event)
    else if (message.type === 'failed') throw fromPlain(message.error)
    else opened = message.opened
  }
  const send = (order: ContentOrder): void => port.postMessage(order)
  return {
    opened,
    read: (_node, _handle, offset, length, _room, pending) => {
      send({ type: 'read', offset, length, pending })
      return later
    },
    seek: (offset, wanted, pending) => {
      send({ type: 'seek', offset, wanted, pending })
      return later
    },
    close: () => {},
  }
}
