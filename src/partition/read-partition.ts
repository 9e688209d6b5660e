/** Random access to the partition that an image holds. */

import { damagedImage } from './damaged-image.ts'
import { type Framing, placeOf, type StoredRun } from './image-layout.ts'

/** Finds the run of used blocks at or after a block, at most `most` blocks long. */
type RunFrom = (from: number, most: number) => StoredRun | undefined

/** A part of the partition that the image has. */
interface Read {
  /** In the caller's buffer. */
  readonly at: number
  readonly length: number
  readonly base: number
  /** Of the first byte, in the data that begin at `base`. */
  readonly data: number
}

/** Below it, reading a stretch with its checks and taking them out costs less than a read for each group. */
const shortGroupBytes = 32 << 10
const stretchBytes = 1 << 20

export interface VirtualPartition {
  readonly framing: Framing
  readonly blockBytes: number
  readonly runFrom: RunFrom
  /** Fills a part of a buffer that begins at `offset` in the partition with the bytes of unused blocks. */
  readonly fill: (into: Uint8Array, offset: number) => void
}

/** A read of the image: its bytes from `from` on go to `into`. `keep` takes the checks out. */
interface Step {
  readonly from: number
  readonly into: Uint8Array
  readonly keep?: (stretch: Uint8Array) => void
}

/** The reads of the image that fill `into` with the bytes from `offset` on. Fills the rest itself. */
function* stepsFor(partition: VirtualPartition, offset: number, into: Uint8Array): Generator<Step> {
  for (const read of readsFor(partition, offset, into)) yield* stepsOf(partition.framing, read, into)
}

export async function readPartition(
  partition: VirtualPartition,
  offset: number,
  into: Uint8Array,
  readAt: (offset: number, into: Uint8Array) => Promise<number>,
): Promise<void> {
  for (const step of stepsFor(partition, offset, into)) {
    finish(step, await readAt(step.from, step.into))
  }
}

export function readPartitionSync(
  partition: VirtualPartition,
  offset: number,
  into: Uint8Array,
  readAt: (offset: number, into: Uint8Array) => number,
): void {
  for (const step of stepsFor(partition, offset, into)) finish(step, readAt(step.from, step.into))
}

function finish({ into, keep }: Step, count: number): void {
  if (count < into.length) throw damagedImage('the image ends before these blocks')
  keep?.(into)
}

function* readsFor(
  { blockBytes, runFrom, fill }: VirtualPartition,
  offset: number,
  into: Uint8Array,
): Generator<Read> {
  const end = offset + into.length
  let at = offset
  while (at < end) {
    const block = Math.floor(at / blockBytes)
    const most = Math.ceil(end / blockBytes) - block
    const run = runFrom(block, most)
    const runStart = run ? run.block * blockBytes : end
    if (runStart > at) {
      const to = Math.min(end, runStart)
      fill(into.subarray(at - offset, to - offset), at)
      at = to
    }
    if (!run || at >= end) continue
    const to = Math.min(end, runStart + run.count * blockBytes)
    yield { at: at - offset, length: to - at, base: run.base, data: run.skip + at - runStart }
    at = to
  }
}

function* stepsOf(framing: Framing, { at, length, base, data }: Read, into: Uint8Array): Generator<Step> {
  const { groupBytes } = framing
  for (let done = 0; done < length;) {
    const from = data + done
    const inGroup = Math.min(length - done, groupBytes - (from % groupBytes))
    const target = into.subarray(at + done)
    if (inGroup === length - done || groupBytes >= shortGroupBytes) {
      yield { from: placeOf(framing, base, from), into: target.subarray(0, inGroup) }
      done += inGroup
    } else {
      const count = Math.min(length - done, stretchBytes)
      const start = placeOf(framing, base, from)
      const stretch = Buffer.allocUnsafe(placeOf(framing, base, from + count - 1) + 1 - start)
      yield { from: start, into: stretch, keep: () => takeOut(framing, from, stretch, target, count) }
      done += count
    }
  }
}

/** Copies `count` data bytes of `stretch`, which begins at data byte `from`, without the checks between. */
function takeOut(
  { groupBytes, checkBytes }: Framing,
  from: number,
  stretch: Uint8Array,
  target: Uint8Array,
  count: number,
): void {
  let at = 0
  for (let done = 0; done < count;) {
    const size = Math.min(count - done, groupBytes - ((from + done) % groupBytes))
    target.set(stretch.subarray(at, at + size), done)
    done += size
    at += size + checkBytes
  }
}
