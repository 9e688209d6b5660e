/**
 * Plans the size and the blocks of a disc's parity. Pure data. The time is proportional to data times
 * recovery blocks. So the number of recovery blocks is kept at about 512 on a full disc, for any medium and
 * redundancy. Any 500 dead sectors of such a disc can be repaired. Blocks are a multiple of 64 KiB, the error
 * correction cluster of Blu-ray discs. One bad sector can make a whole cluster unreadable.
 */

/** A file that the parity covers. `name` is relative to the disc. */
export interface ParityFile {
  readonly name: string
  readonly sizeBytes: number
}

export interface ParityLayout {
  readonly blockBytes: number
  readonly dataBlocks: number
  readonly recoveryBlocks: number
}

const wantedRecoveryBlocks = 512
const clusterBytes = 65_536
/**
 * For discs below 80 MB. Smaller blocks would waste space in the block lists: 20 bytes per block in every
 * copy.
 */
const leastBlockBytes = 16_384
/** PAR2's limit. Half of it is left for files that end within a block. */
export const mostDataBlocks = 32_768
const plannedDataBlocks = 16_384
/** A scratch begins and ends within a block. */
const spareBlocks = 2

/** Recovery blocks per data block, so that they are `percent` of both together. */
const shareOf = (percent: number): number => percent / (100 - percent)

/** The block size for this much data, in a form that par2 accepts. */
export function blockBytesFor(dataBytes: number, percent: number): number {
  const wanted = Math.max(
    (dataBytes * shareOf(percent)) / wantedRecoveryBlocks,
    dataBytes / plannedDataBlocks,
    leastBlockBytes,
  )
  return inUnits(wanted)
}

function inUnits(bytes: number): number {
  const unit = bytes > 2 * leastBlockBytes ? clusterBytes : leastBlockBytes
  return Math.ceil(bytes / unit) * unit
}

/** par2 pads each file to whole blocks. */
const blocksOf = (sizeBytes: number, blockBytes: number): number => Math.ceil(sizeBytes / blockBytes)

/** The parity of `files` in blocks of `blockBytes`. */
export function layoutFor(files: readonly ParityFile[], blockBytes: number, percent: number): ParityLayout {
  const dataBlocks = files.reduce((sum, { sizeBytes }) => sum + blocksOf(sizeBytes, blockBytes), 0)
  const recoveryBlocks = Math.ceil(dataBlocks * shareOf(percent)) + spareBlocks
  return { blockBytes, dataBlocks, recoveryBlocks }
}

/** The possible layouts, smallest blocks first. The last one was used to plan the disc's free space. */
export function* layoutsFor(
  files: readonly ParityFile[],
  capacityBytes: number,
  percent: number,
): Generator<ParityLayout> {
  const dataBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const last = plannedBlockBytes(capacityBytes, percent)
  for (
    let block = blockBytesFor(dataBytes, percent);
    block < last || capacityBytes === Infinity;
    block = inUnits(block + 1)
  ) {
    const layout = layoutFor(files, block, percent)
    if (layout.dataBlocks <= mostDataBlocks) yield layout
  }
  yield layoutFor(files, last, percent)
}

/**
 * The bytes of the two files that par2 makes for `files`: one without recovery blocks, one with all of them.
 */
export function parityBytes(
  files: readonly ParityFile[],
  { blockBytes, recoveryBlocks }: Pick<ParityLayout, 'blockBytes' | 'recoveryBlocks'>,
): { readonly indexBytes: number; readonly volumeBytes: number } {
  const critical =
    files.reduce(
      (sum, { name, sizeBytes }) => sum + fileBytes(name) + blockListBytes * blocksOf(sizeBytes, blockBytes),
      0,
    ) + mainBytes
  return {
    indexBytes: critical + creatorBytes,
    volumeBytes:
      recoveryBlocks * (blockBytes + recoveryHeadBytes) + copiesFor(recoveryBlocks) * critical + creatorBytes,
  }
}

/** How often a volume repeats the packets about files and blocks: once more for each doubling. */
export const copiesFor = (recoveryBlocks: number): number =>
  Math.floor(Math.log2(Math.max(1, recoveryBlocks))) + 1

/** PAR2: a packet's head has 64 bytes, and names are padded to a multiple of 4. */
const mainBytes = 64 + 12
const fileBytes = (name: string): number =>
  16 + 64 + 56 + Math.ceil(Buffer.byteLength(name) / 4) * 4 + 64 + 16
const blockListBytes = 20
const recoveryHeadBytes = 68
/** par2cmdline 0.8.1 needs 104 bytes. Another program may have a longer name. */
const creatorBytes = 256

/** The blocks of the set for SHA256SUMS alone. It has twice as many recovery blocks as data blocks. */
export function checksumLayout(sizeBytes: number): ParityLayout {
  const blockBytes = Math.ceil(Math.max(512, sizeBytes / 64) / 4) * 4
  const dataBlocks = blocksOf(sizeBytes, blockBytes)
  return { blockBytes, dataBlocks, recoveryBlocks: 2 * dataBlocks }
}

/** The bytes of that set's files. */
export const checksumParityBytes = (sizeBytes: number): ReturnType<typeof parityBytes> =>
  parityBytes([{ name: 'SHA256SUMS', sizeBytes }], checksumLayout(sizeBytes))

/** The most bytes of parity on a disc: as a share of its data, per chunk, and fixed. */
export interface ParityRoom {
  readonly sharePpm: number
  readonly chunkExtraBytes: number
  readonly overheadBytes: number
}

/** The planned block size of a full disc, in the table for a disc's free space. */
export const plannedBlockBytes = (capacityBytes: number, percent: number): number =>
  blockBytesFor((reckonedBytes(capacityBytes) * (100 - percent)) / 100, percent)

/** A disc without limit counts as one of 25 GB, because it cannot overflow. */
const reckonedBytes = (capacityBytes: number): number => (capacityBytes === Infinity ? 25e9 : capacityBytes)
const namesAtMost = 40
/** The bytes of SHA256SUMS with its own parity: per byte, and fixed. */
const checksumFactor = 3
const checksumFixedBytes = 20_480
const sectors = 4 * 2048
const lineBytes = 128

/**
 * The limits for planning the space for chunks. Even with tiny chunks, the recovery blocks must fit on the
 * disc, which limits the copies of the lists.
 */
export function parityRoom(capacityBytes: number, percent: number, otherBytes: number): ParityRoom {
  const block = plannedBlockBytes(capacityBytes, percent)
  const most = reckonedBytes(capacityBytes) / block + spareBlocks
  const lists = copiesFor(most) + 1
  const perBlock = shareOf(percent) * (block + recoveryHeadBytes) + lists * blockListBytes
  const perFile = perBlock + lists * fileBytes(' '.repeat(namesAtMost)) + checksumFactor * lineBytes
  const otherFiles = 3
  return {
    sharePpm: Math.ceil((perBlock / block) * 1e6),
    chunkExtraBytes: Math.ceil(perFile),
    overheadBytes: Math.ceil(
      (otherBytes * perBlock) / block +
        otherFiles * perFile +
        (spareBlocks + 1) * (block + recoveryHeadBytes) +
        lists * (mainBytes + creatorBytes) +
        checksumFixedBytes +
        2 * lineBytes * checksumFactor +
        sectors,
    ),
  }
}
