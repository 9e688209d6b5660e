/** What a remote can do, as rclone tells it. */

import type { Abilities } from './store.ts'

/** The names of rclone's hashes that Node.js makes, best first. */
const hashTypes = ['sha256', 'sha1', 'md5'] as const

export interface Nature extends Abilities {
  /** The hash that proves a file, if any. */
  readonly hashType: string | undefined
  /**
   * Files are uploaded under another name, proven, and then renamed. Not so in S3 and the like: there an
   * upload shows only when it is complete, and the store compares its hash before that.
   */
  readonly isUploadedApart: boolean
  /** Two files may have one name, as in Google Drive. */
  readonly hasDuplicates: boolean
}

/** Undefined if a half-written file would have its final name. */
export function natureOf(facts: Record<string, unknown>): Nature | undefined {
  const features = (facts['Features'] ?? {}) as Record<string, unknown>
  const hashes = Array.isArray(facts['Hashes']) ? (facts['Hashes'] as unknown[]) : []
  const hashType = hashTypes.find((type) => hashes.includes(type))
  const move = features['Move'] === true
  const isBucket = features['BucketBased'] === true
  if (!move && !isBucket) return undefined
  return {
    hash: hashType !== undefined,
    hashType,
    move,
    isUploadedApart: move || hashType === undefined,
    hasDuplicates: features['DuplicateFiles'] === true,
    ranges: true,
    room: features['About'] === true,
  }
}
