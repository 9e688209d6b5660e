/** Reads the used blocks of an image once, in order, and checks them. */

import { BlockJoiner } from './block-joiner.ts'
import type { UsedRun } from './block-map.ts'
import type { ByteCursor } from './byte-cursor.ts'
import { DamagedRanges } from './damaged-ranges.ts'
import type { FramedContent, ImageLayout } from './image-layout.ts'
import type { Blocks, Damage } from './partition-image.ts'

export interface WalkOptions {
  readonly onDamage: (damage: Damage) => void
  /** Without it the blocks are checked, and not given out. */
  readonly withData: boolean
  /** What is given out is valid until the next step only. */
  readonly reuse: boolean
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export async function* walkFramed(
  { facts, framing, usedBytes }: ImageLayout,
  content: FramedContent,
  cursor: ByteCursor,
  { onDamage, withData, reuse, onBytes }: WalkOptions,
): AsyncGenerator<Blocks> {
  const { groupBytes, checkBytes } = framing
  const { blockBytes } = facts
  const { map } = content
  const check = await content.newCheck()
  const endCheck = content.endCheck?.()
  const ranges = new DamagedRanges(map, blockBytes)
  const joiner = new BlockJoiner(reuse)
  const blocksOf = new BlocksOf(content, blockBytes)
  const damaged = (kind: Damage['kind'], message: string, from: number, to: number): void =>
    onDamage({
      kind,
      message,
      ranges: ranges.of(Math.floor(from / blockBytes), Math.ceil(to / blockBytes)),
    })

  for (let done = 0; done < usedBytes;) {
    const start = done
    const end = Math.min(usedBytes, start + groupBytes)
    while (done < end) {
      const ready = cursor.now(end - done)
      const piece = ready.length > 0 ? ready : await cursor.some(end - done)
      if (piece.length === 0) {
        yield* joiner.end()
        return damaged(
          'missing',
          cursor.fault ?? 'the image ends before these blocks',
          check ? start : done,
          usedBytes,
        )
      }
      check?.update(piece)
      endCheck?.update(piece)
      done += piece.length
      onBytes?.(piece.length)
      if (!withData) continue
      for (let rest = piece; rest.length > 0;) {
        const { offset, length } = blocksOf.next(rest.length)
        const bytes = length < rest.length ? rest.subarray(0, length) : rest
        rest = rest.subarray(length)
        const whole = joiner.add(offset, bytes)
        for (let i = 0; i < whole.length; i++) yield whole[i] as Blocks
      }
    }
    if (checkBytes === 0 || (end - start < groupBytes && !content.hasLastCheck)) continue
    const stored = await cursor.takeIfThere(checkBytes)
    if (!stored) {
      yield* joiner.end()
      return damaged(
        'missing',
        cursor.fault ?? 'the image ends before the checksum of these blocks',
        start,
        usedBytes,
      )
    }
    endCheck?.update(stored)
    onBytes?.(checkBytes)
    const result = check?.end(stored) ?? 'match'
    if (result === 'mismatch') damaged('checksum', 'these blocks do not match their checksum', start, end)
    if (result === 'unknown') {
      damaged('unchecked', 'the checksum of these blocks also covers wrong blocks before them', start, end)
    }
  }
  yield* joiner.end()
  const fault = await endCheck?.end(cursor)
  const last = fault ?? (await readToEnd(cursor))
  if (last !== undefined) onDamage({ kind: 'structure', message: last, ranges: [] })
}

/** A compressed file has its own checksum at its end. Returns its fault. */
export async function readToEnd(cursor: ByteCursor): Promise<string | undefined> {
  while ((await cursor.some(Infinity)).length > 0);
  return cursor.fault
}

/** The places in the partition of the used blocks, in their order. */
class BlocksOf {
  readonly #content: FramedContent
  readonly #blockBytes: number
  #run: UsedRun | undefined
  #inRun = 0

  constructor(content: FramedContent, blockBytes: number) {
    this.#content = content
    this.#blockBytes = blockBytes
  }

  /** The place of the next bytes, at most `most` in one run. */
  next(most: number): { readonly offset: number; readonly length: number } {
    let run = this.#run
    if (!run || this.#inRun === run.count * this.#blockBytes) {
      run = this.#content.map.runFrom(run ? run.block + run.count : 0, Infinity)
      if (!run) throw new RangeError('more data than used blocks')
      this.#run = run
      this.#inRun = 0
    }
    const offset = run.block * this.#blockBytes + this.#inRun
    const length = Math.min(most, run.count * this.#blockBytes - this.#inRun)
    this.#inRun += length
    return { offset, length }
  }
}
