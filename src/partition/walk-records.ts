/** Reads the records of an ntfsclone image once, in order. */

import { BlockJoiner } from './block-joiner.ts'
import type { ByteCursor } from './byte-cursor.ts'
import { rangeOf } from './damaged-ranges.ts'
import type { ImageLayout, RecordContent } from './image-layout.ts'
import type { Blocks, Damage } from './partition-image.ts'
import { readToEnd, type WalkOptions } from './walk-framed.ts'

const gap = 0
const stored = 1
const countBytes = 8

export interface RecordOptions extends WalkOptions {
  /** Hears of each stored cluster: its number, and the place of its bytes in the image. */
  readonly onCluster?: (cluster: number, position: number) => void
}

export async function* walkRecords(
  { facts }: ImageLayout,
  content: RecordContent,
  cursor: ByteCursor,
  { onDamage, withData, reuse, onBytes, onCluster }: RecordOptions,
): AsyncGenerator<Blocks> {
  const { clusters, tailBytes, bigEndian } = content
  const { blockBytes } = facts
  const joiner = new BlockJoiner(reuse)
  const total = tailBytes > 0 ? clusters + 1 : clusters
  let cluster = 0
  const damaged = (kind: Damage['kind'], message: string): void => {
    const range = rangeOf(cluster, total - cluster, blockBytes)
    const bytes = Math.min(range.bytes, facts.deviceBytes - range.offset)
    onDamage({ kind, message, ranges: [{ ...range, bytes }] })
  }

  while (cluster < total) {
    const ready = cursor.now(1)
    const mark = ready.length > 0 ? ready : await cursor.some(1)
    if (mark.length === 0) {
      yield* joiner.end()
      return damaged('missing', cursor.fault ?? 'the image ends before these blocks')
    }
    if (mark[0] === gap) {
      const bytes = await cursor.takeIfThere(countBytes)
      const count = bytes && countOf(bytes, bigEndian)
      // An image of `ntfsclone --metadata` goes back for clusters of other files.
      if (count === undefined || count === 0 || cluster + count < 0 || cluster + count > total) {
        yield* joiner.end()
        return damaged(
          'structure',
          'the number of absent blocks is not possible; nothing after it can be read',
        )
      }
      cluster += count
      continue
    }
    if (mark[0] !== stored) {
      yield* joiner.end()
      return damaged('structure', `a record begins with byte ${mark[0]}; nothing after it can be read`)
    }
    const size = cluster === clusters ? tailBytes : blockBytes
    onCluster?.(cluster, cursor.position)
    for (let done = 0; done < size;) {
      const now = cursor.now(size - done)
      const piece = now.length > 0 ? now : await cursor.some(size - done)
      if (piece.length === 0) {
        yield* joiner.end()
        return damaged('missing', cursor.fault ?? 'the image ends inside these blocks')
      }
      if (withData) {
        const whole = joiner.add(cluster * blockBytes + done, piece)
        for (let i = 0; i < whole.length; i++) yield whole[i] as Blocks
      }
      done += piece.length
    }
    onBytes?.(size + 1)
    cluster++
  }
  yield* joiner.end()
  const hasMore = (await cursor.some(1)).length > 0
  const last = (await readToEnd(cursor)) ?? (hasMore ? 'bytes follow the last block' : undefined)
  if (last !== undefined) onDamage({ kind: 'structure', message: last, ranges: [] })
}

/** Undefined for a number that no record has. */
function countOf(bytes: Uint8Array, bigEndian: boolean): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = Number(view.getBigInt64(0, !bigEndian))
  return Number.isSafeInteger(count) ? count : undefined
}
