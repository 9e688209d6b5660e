/** The thread that reads a compressed image for its mount. */

import { constants } from 'node:os'
import { workerData } from 'node:worker_threads'
import type { ButcherEvent } from '../../events.ts'
import { answer, answerSeek } from '../../fuse/answer.ts'
import { logLine } from '../../fuse/log-line.ts'
import type { ContentThreadData, Pending } from '../../fuse/tree.ts'
import { openImage } from '../../partition/open-partition-image.ts'
import type { OpenPartitionOptions } from '../../partition/open-options.ts'
import type { OpenImage } from '../../partition/open-image.ts'
import type { PartitionFacts } from '../../partition/partition-image.ts'
import type { Wanted } from '../../partition/seek.ts'
import { type PlainError, toPlain } from '../../threads/plain-error.ts'

export interface PartitionContentData {
  /** An absolute path. */
  readonly image: string
  readonly options: Pick<OpenPartitionOptions, 'fill' | 'bootSectorCopy' | 'cacheDir'>
}

export interface OpenedFacts {
  readonly facts: PartitionFacts
  /** Of all used blocks. */
  readonly usedBytes: number
}

export type FromContent =
  | { readonly type: 'event'; readonly event: ButcherEvent }
  | { readonly type: 'opened'; readonly opened: OpenedFacts }
  | { readonly type: 'failed'; readonly error: PlainError }

/** Bytes of the partition that the kernel waits for, or the next data or hole. */
export type ContentOrder =
  | { readonly type: 'read'; readonly offset: number; readonly length: number; readonly pending: Pending }
  | { readonly type: 'seek'; readonly offset: number; readonly wanted: Wanted; readonly pending: Pending }

const { data, port } = workerData as ContentThreadData<PartitionContentData>
const send = (message: FromContent): void => port.postMessage(message)

const { EIO, ENXIO } = constants.errno

let image: OpenImage | undefined
/** One read after the other: the next one often needs what this one unpacks. */
let last = Promise.resolve()

port.on('message', (order: ContentOrder) => {
  if (order.type === 'seek') answerSeek(order.pending, image?.seek(order.offset, order.wanted) ?? -ENXIO)
  else last = last.then(() => read(order))
})
port.on('close', () => void image?.close())

try {
  image = await openImage(data.image, { ...data.options, report: (event) => send({ type: 'event', event }) })
  await image.prepare()
  send({ type: 'opened', opened: { facts: image.facts, usedBytes: image.usedBytes } })
} catch (error) {
  send({ type: 'failed', error: toPlain(error) })
}

async function read({ offset, length, pending }: Extract<ContentOrder, { type: 'read' }>): Promise<void> {
  const bytes = Buffer.allocUnsafe(length)
  try {
    await image?.readAt(offset, bytes)
    answer(pending, bytes)
  } catch (error) {
    logLine(`cannot read ${length} bytes at ${offset}: ${(error as Error).message}`)
    answer(pending, -EIO)
  }
}
