/** Fills the memory of pieces, one after the other, with the raw bytes of an image. */

import { ButcherError } from '../../errors.ts'
import { counted } from '../../format/counted-text.ts'
import type { ImageSource } from './image-source.ts'

export interface PieceFiller {
  /** Called for the pieces in order. Throws `damaged` if the image ends early, and errors of its bytes. */
  readonly fill: (into: Uint8Array, offset: number) => Promise<void>
  /** Throws `damaged` if bytes are left. Checks at the end of a compressed file are made here. */
  readonly finish: () => Promise<void>
  readonly close: () => Promise<void>
}

export function fillFrom(source: ImageSource, signal: AbortSignal | undefined): PieceFiller {
  const wrongLength = (): ButcherError =>
    new ButcherError(
      'damaged',
      `${source.name} does not have the ${counted(source.bytes, 'byte')} that were announced`,
    )
  const { readAt } = source
  if (readAt) {
    return {
      fill: async (into, offset) => {
        if ((await readAt(offset, into)) < into.length) throw wrongLength()
      },
      finish: async () => {},
      close: async () => {},
    }
  }
  const stream = source.stream(signal)[Symbol.asyncIterator]()
  let rest = new Uint8Array(0)
  const next = async (): Promise<boolean> => {
    const { done, value } = await stream.next()
    if (!done) rest = value as Uint8Array<ArrayBuffer>
    return !done
  }
  return {
    fill: async (into) => {
      for (let done = 0; done < into.length;) {
        if (rest.length === 0 && !(await next())) throw wrongLength()
        const some = rest.subarray(0, into.length - done)
        into.set(some, done)
        done += some.length
        rest = rest.subarray(some.length)
      }
    },
    finish: async () => {
      while (rest.length === 0) if (!(await next())) return
      throw wrongLength()
    },
    close: async () => void (await stream.return?.()),
  }
}
