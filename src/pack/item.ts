/** One thing on its way into a chunk. */

import type { EntryState } from '../format/entry-state.ts'
import type { ManifestLine } from '../format/manifest.ts'

/** One item to put into a chunk. */
export interface PackItem extends EntryState {
  /** The scheduler's number of the item. */
  readonly seq: number
  readonly size: number
  readonly user: string | null
  readonly group: string | null
  /** In the form of `format/attributes.ts`. */
  readonly attributes: string | null
  /** The name of its member; for parts, without the suffix. */
  readonly member: string
  /** The number under which a file's content is stored. */
  readonly content: number
  /** The file is stored even if another file of the run has the same content. */
  readonly mustStore?: boolean
  /** Whether the file has holes. */
  readonly sparse?: boolean
  /** For a file that is stored without its holes. */
  readonly room?: SparseRoom
  /** One part of a split file. */
  readonly part?: PartOrder
  /** Manifest lines only: the item stores nothing, or a list of pieces. */
  readonly record?: readonly ManifestLine[]
  /** The text of a list of pieces, which becomes a member of its own. */
  readonly pieceList?: string
  /** The item is one piece of its file. */
  readonly piece?: PieceOrder
}

export interface PieceOrder {
  readonly offset: number
  /** Lower-case hex, as it was hashed before. */
  readonly hash: string
}

/** The most bytes that a file without its holes may take. */
export interface SparseRoom {
  readonly dataBytes: number
  readonly mapBytes: number
}

/** `offset` and `size` count the file's content or, if it is stored without its holes, its data. */
export interface PartOrder {
  readonly part: number
  readonly parts: number
  readonly offset: number
  readonly size: number
  /** Parts stored by an earlier run. Their bytes must still be in the file. */
  readonly before?: readonly StoredPart[]
}

export interface StoredPart {
  readonly part: number
  readonly offset: number
  readonly size: number
  /** Lower-case hex. */
  readonly hash: string
}
