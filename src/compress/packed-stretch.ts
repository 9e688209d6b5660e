/** A stretch of compressed data that can be decompressed by itself. */
export interface PackedStretch {
  readonly at: number
  readonly packedBytes: number
  /** The size after decompression, where the data says it. bzip2 does not. */
  readonly plainBytes: number | undefined
  /** It is not longer than this, where the data says it. */
  readonly mostPlainBytes?: number | undefined
  /** It does not compress, and is stored as it is. */
  readonly asIs?: BlocksAsIs | undefined
}

/** Content in blocks of one size, the last one perhaps shorter, each behind a header. */
export interface BlocksAsIs {
  /** Where the content of the first block begins in the stretch. */
  readonly firstAt: number
  readonly blockBytes: number
  readonly headerBytes: number
}
