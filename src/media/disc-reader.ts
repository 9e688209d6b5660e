/**
 * A source of a disc's files for a complete reading: a folder, a mounted medium, or anything that lists files
 * and returns their bytes in order, with bad ranges.
 */

export interface DiscReader {
  /** The user's name for it: the path of a folder, image or drive. */
  readonly place: string
  readonly list: () => Promise<DiscListing>
  /**
   * The bytes of a listed file from beginning to end, in order. A piece is valid until the next one is
   * requested.
   */
  readonly read: (name: string) => AsyncIterable<Piece>
}

export interface DiscListing {
  /** In the best order for reading. */
  readonly files: readonly DiscFile[]
  readonly unreadableFolders: readonly { readonly name: string; readonly reason: string }[]
}

export interface DiscFile {
  /** Relative to the disc, with slashes, as in src/format/path-text.ts. */
  readonly name: string
  readonly sizeBytes: number
  /** For an entry that is not a regular file: its type, in words. */
  readonly odd?: string
}

export type Piece = Uint8Array | BadRange

/** A range that cannot be read. */
export interface BadRange {
  readonly offset: number
  readonly sizeBytes: number
  readonly reason: string
  /** For a file in an image or a drive: the range's offset there. */
  readonly imageOffset?: number
}

export const isBad = (piece: Piece): piece is BadRange => !(piece instanceof Uint8Array)
