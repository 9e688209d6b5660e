/**
 * Where the files of a disc come from, when a disc is read through: a folder, a mounted medium, and whatever else can list
 * files and hand out their bytes in order, bad ranges among them.
 */

export interface DiscReader {
  /** What a user calls it: a folder's path, an image's, a drive's. */
  readonly place: string
  readonly list: () => Promise<DiscListing>
  /** The bytes of a listed file from its beginning to its end, in order. A piece may be used until the next is asked for. */
  readonly read: (name: string) => AsyncIterable<Piece>
}

export interface DiscListing {
  /** In the order in which they are best read. */
  readonly files: readonly DiscFile[]
  readonly unreadableFolders: readonly { readonly name: string; readonly reason: string }[]
}

export interface DiscFile {
  /** Relative to the disc, with slashes, as in src/format/path-text.ts. */
  readonly name: string
  readonly sizeBytes: number
  /** Of what is no regular file, a word for what it is. */
  readonly odd?: string
}

export type Piece = Uint8Array | BadRange

/** Bytes that cannot be read. */
export interface BadRange {
  readonly offset: number
  readonly sizeBytes: number
  readonly reason: string
  /** Of a file in an image or a drive: where there the range begins. */
  readonly imageOffset?: number
}

export const isBad = (piece: Piece): piece is BadRange => !(piece instanceof Uint8Array)
