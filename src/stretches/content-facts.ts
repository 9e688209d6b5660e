/** What the catalog says of a content, enough to read it. Can be sent to another thread. */

export interface ChunkFacts {
  readonly number: number
  readonly disc: number
  /** Its file name. */
  readonly name: string
  readonly bytes: number
}

/** A whole content, or a part of one. */
export interface PieceFacts {
  readonly chunk: ChunkFacts
  /** The name of its member in the chunk's tar. */
  readonly member: string
  readonly offset: number
  readonly sizeBytes: number
  readonly hash: Uint8Array
  /** Its number, unique in the catalog with `part`. */
  readonly content: number
  readonly part: number
}

export interface ContentFacts {
  readonly sizeBytes: number
  /** In order. Bytes in none of them are zeros. */
  readonly pieces: readonly PieceFacts[]
}
