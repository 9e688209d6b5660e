/** PAR2 files on a disc. A PAR2 file consists only of packets, each with the MD5 of its content. */

import { createHash } from 'node:crypto'
import { parityFolder } from './layout.ts'

/** For the set over SHA256SUMS, which SHA256SUMS cannot list. */
export const isChecksumParity = (name: string): boolean =>
  name.startsWith(`${parityFolder}/checksums.`) && /\/checksums\.(?:vol\d+\+\d+\.)?par2$/.test(name)

/** For the set over all other files. */
export const isDiscParity = (name: string): boolean =>
  name.startsWith(`${parityFolder}/disc.`) && /\/disc\.(?:vol\d+\+\d+\.)?par2$/.test(name)

export const par2Magic = Buffer.from('PAR2\0PKT', 'latin1')
export const par2HeadBytes = 64

/** Whether a PAR2 file in memory consists of sound packets only. */
export function isWholePar2(bytes: Buffer): boolean {
  let at = 0
  while (at + par2HeadBytes <= bytes.length) {
    if (!bytes.subarray(at, at + par2Magic.length).equals(par2Magic)) return false
    const sizeBytes = Number(bytes.readBigUInt64LE(at + 8))
    if (sizeBytes < par2HeadBytes || sizeBytes % 4 !== 0 || at + sizeBytes > bytes.length) return false
    const md5 = createHash('md5')
      .update(bytes.subarray(at + 32, at + sizeBytes))
      .digest()
    if (!md5.equals(bytes.subarray(at + 16, at + 32))) return false
    at += sizeBytes
  }
  return at === bytes.length && at > 0
}
