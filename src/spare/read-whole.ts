import { openFile } from '../media/disc-files.ts'
import { ButcherError } from '../errors.ts'

/** The file lists of a disc are a few MB at most, those of a group somewhat more. */
const mostBytes = 256 << 20

/**
 * A small file of a disc, from a folder or an image. Throws the system's error, or `damaged` if the file is
 * too large.
 */
export function readWhole(file: string): Buffer {
  const open = openFile(file)
  try {
    if (open.sizeBytes > mostBytes) throw new ButcherError('damaged', 'it is too long')
    const bytes = Buffer.alloc(open.sizeBytes)
    for (let at = 0; at < bytes.length;) {
      const count = open.readAt(bytes.subarray(at), at)
      if (count === 0) throw new ButcherError('damaged', 'it is shorter than it was')
      at += count
    }
    return bytes
  } finally {
    open.close()
  }
}
