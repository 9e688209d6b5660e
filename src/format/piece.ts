/**
 * Pieces: a large content is cut at multiples of one size, and equal pieces are stored once in the set. The
 * last piece may be shorter. A piece of zeros is not stored.
 */

/** The size of a piece. It never changes, so a hand restore can place pieces with `dd bs=1M seek=`. */
export const pieceBytes = 1 << 20

/** The folder of pieces inside a tar. */
export const pieceFolder = '.butcher-pieces'

/** The end of the name of a piece list. */
export const pieceListSuffix = '.butcher-pieces'

/** `content.chunk` of a content in pieces. No chunk has this number. */
export const inPieces = 0

/** `content.parts` of a piece. */
export const isPiece = 0

/** The most pieces of one content: 16 TiB. */
export const maxPieces = 1 << 24

export const piecesOfSize = (sizeBytes: number): number => Math.ceil(sizeBytes / pieceBytes)

/** The member of the piece that is stored as `content`. */
export const pieceMember = (content: number): string => `${pieceFolder}/${String(content).padStart(10, '0')}`

/** The member that lists the pieces of the file stored as `member`. */
export const pieceListMember = (member: string): string => `${member}${pieceListSuffix}`

/** Parts `part` to `part + count - 1` are the contents `stored` to `stored + count - 1`. */
export interface PieceRun {
  readonly part: number
  readonly count: number
  readonly stored: number
}

/** Appends part number `part` to `runs`. */
export function addToRuns(runs: PieceRun[], part: number, stored: number): void {
  const last = runs.at(-1)
  if (last !== undefined && last.part + last.count === part && last.stored + last.count === stored)
    runs[runs.length - 1] = { ...last, count: last.count + 1 }
  else runs.push({ part, count: 1, stored })
}

/** The text of a piece list: the size, then the runs. Parts in no run are zeros. */
export const pieceListText = (sizeBytes: number, runs: readonly PieceRun[]): string =>
  [
    `butcher-pieces ${sizeBytes}`,
    ...runs.map(({ part, count, stored }) => `${part} ${count} ${stored}`),
    '',
  ].join('\n')
