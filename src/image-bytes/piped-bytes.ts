/** Images that come through a pipe: they can be read once, from the beginning to the end. */

import { Readable } from 'node:stream'
import { ByteSource } from '../compress/byte-source.ts'
import { asButcherError, ButcherError, stopped } from '../errors.ts'
import type { ImageBytes, OpenBytesOptions } from './image-bytes.ts'
import { sniff } from './sniff.ts'
import { unwrap } from './unwrap.ts'

/** Enough for every signature that does not follow a skipped frame. */
const headBytes = 16

/** Waits for the first bytes. A stop ends also a wait for bytes that never come. */
export async function openPiped(
  input: AsyncIterable<Uint8Array>,
  name: string,
  options: OpenBytesOptions,
): Promise<ImageBytes> {
  const { signal: given } = options
  const end = (error?: Error): void => {
    if (input instanceof Readable) input.destroy(error)
  }
  const stop = (): void => end(stopped())
  given?.addEventListener('abort', stop, { once: true })
  if (given?.aborted) stop()
  const source = new ByteSource(named(input, name))
  const close = async (): Promise<void> => {
    given?.removeEventListener('abort', stop)
    // A reader that waits would keep the source from closing.
    end()
    await source.close()
  }
  await source.fill(headBytes)
  const compressed = sniff(source.ready)
  if (compressed === 'zip') {
    await close()
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
    close,
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
