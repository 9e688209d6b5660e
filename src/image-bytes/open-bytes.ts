/** Opens an image, whatever holds it. */

import fs from 'node:fs'
import { asButcherError } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import type { ImageBytes, OpenBytesOptions } from './image-bytes.ts'
import { openPiped } from './piped-bytes.ts'
import { PlainFile } from './plain-file.ts'
import { sniff, sniffedBytes } from './sniff.ts'
import { StoredParts } from './stored-parts.ts'
import { ofFile } from './unwrap.ts'
import { asGzip, asPlain, findZipEntry } from './zip-entry.ts'
import { WrappedFile } from './wrapped-file.ts'

/**
 * Opens the files of an image in their order, as `findParts` returns them, or standard input. The format is
 * told from the first bytes. Throws `source` or `io` if a file cannot be read.
 */
export async function openBytes(
  parts: readonly string[] | 'stdin',
  options: OpenBytesOptions = {},
): Promise<ImageBytes> {
  if (parts === 'stdin') return openPiped(process.stdin, 'standard input', options)
  const [first] = parts
  if (first !== undefined && parts.length === 1 && isPipe(first)) {
    return openPiped(fs.createReadStream(first), first, options)
  }
  const stored = new StoredParts(parts)
  try {
    const head = Buffer.alloc(Math.min(sniffedBytes, stored.size))
    stored.readSync(0, head)
    const compressed = sniff(head)
    const report = options.report ?? silent
    if (compressed === null) return new PlainFile(stored, options.signal)
    if (compressed === 'zip') return openZip(stored, { ...options, report })
    return new WrappedFile(stored, compressed, { ...options, report })
  } catch (error) {
    stored.close()
    throw error
  }
}

function openZip(stored: StoredParts, options: OpenBytesOptions & { readonly report: Report }): ImageBytes {
  const shown = { compressed: 'zip', storedBytes: stored.size } as const
  try {
    const entry = findZipEntry(stored)
    return entry.isDeflated
      ? new WrappedFile(asGzip(stored, entry), 'gzip', options, shown)
      : new PlainFile(asPlain(stored, entry), options.signal, shown)
  } catch (error) {
    throw ofFile(error, stored.files[0] as string)
  }
}

/** A named pipe, or `/dev/fd/N` of a shell. */
export function isPipe(file: string): boolean {
  try {
    return fs.statSync(file).isFIFO()
  } catch (error) {
    throw asButcherError(error, 'cannot open', file)
  }
}
