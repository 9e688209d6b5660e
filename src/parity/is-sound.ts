/** Checks files against their PAR2 records. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import type { SetFile } from './gather-sets.ts'
import { scanPackets } from './scan-packets.ts'

/** Compares size and MD5. False if the file is missing. */
export function isSound(place: string, { sizeBytes, md5 }: SetFile): boolean {
  if (fs.statSync(place, { throwIfNoEntry: false })?.size !== sizeBytes) return false
  const hash = createHash('md5')
  const fd = fs.openSync(place, 'r')
  try {
    const piece = Buffer.allocUnsafeSlow(1 << 20)
    for (let read; (read = fs.readSync(fd, piece)) > 0;) hash.update(piece.subarray(0, read))
  } finally {
    fs.closeSync(fd)
  }
  return hash.digest('hex') === md5
}

/** Whether a whole PAR2 file consists of sound packets of one set. Returns the set's id. */
export async function soundSetId(file: string): Promise<string | undefined> {
  const ids = new Set<string>()
  let end = 0
  for await (const { offset, sizeBytes, setId } of scanPackets(file, () => {}, undefined)) {
    if (offset !== end) return undefined
    end = offset + sizeBytes
    ids.add(setId)
  }
  return end === fs.statSync(file).size && ids.size === 1 ? [...ids][0] : undefined
}
