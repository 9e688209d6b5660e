/** Images that come through a pipe: they can be read once, from the beginning to the end. */

import { ByteSource } from '../compress/byte-source.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import type { ImageBytes, OpenBytesOptions } from './image-bytes.ts'
import { sniff } from './sniff.ts'
import { unwrap } from './unwrap.ts'

/** Enough for every signature that does not follow a skipped frame. */
const headBytes = 16

/** Waits for the first bytes. */
export async function openPiped(
  input: AsyncIterable<Uint8Array>,
  name: string,
  options: OpenBytesOptions,
): Promise<ImageBytes> {
  const source = new ByteSource(named(input, name))
  await source.fill(headBytes)
  const compressed = sniff(source.ready)
  if (compressed === 'zip') {
    await source.close()
    throw needsFile(name)
  }
  let isRead = false
  return {
    size: undefined,
    compressed,
    storedBytes: 0,
    files: [name],
    stream: (signal = options.signal) => {
      if (isRead) throw new ButcherError('usage', `${name} can be read only once`)
      isRead = true
      return compressed === null ? source.rest() : unwrap(source.rest(), compressed, { name, signal })
    },
    prepare: async () => {
      throw needsFile(name)
    },
    readAt: async () => {
      throw needsFile(name)
    },
    close: () => source.close(),
  }
}

async function* named(input: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of input) yield bytes
  } catch (error) {
    throw asButcherError(error, 'cannot read', name)
  }
}

const needsFile = (name: string): ButcherError =>
  new ButcherError('usage', `cannot read ${name}: it can be read only from its beginning to its end`, {
    hint: 'save the image to a file first, then give that file',
  })
