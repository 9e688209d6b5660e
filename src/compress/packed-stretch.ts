/** A stretch of compressed data that can be decompressed by itself. */
export interface PackedStretch {
  readonly at: number
  readonly packedBytes: number
  /** The size after decompression, where the data says it. bzip2 does not. */
  readonly plainBytes: number | undefined
  /** It is not longer than this, where the data says it. */
  readonly mostPlainBytes?: number | undefined
}
