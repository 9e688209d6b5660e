/**
 * How large a disc's parity is, and in which blocks it is made: data in, data out.
 *
 * The time that par2 takes is data times recovery blocks: with par2cmdline 0.8.1 1 GB and 510 recovery blocks of 4.78 MB
 * took 154 s of processor time (`-m256 -t2`, 268 MB of memory; 150 s with 1 GB). So what is held steady is the number of
 * recovery blocks, some 512 on a full disc, whatever the medium and the redundancy: the 22 GB of a BD-R 25 take 56 minutes of
 * one core, by that figure, and any 500 dead sectors of such a disc are made good. The size of a block follows, in whole error
 * correction clusters of Blu-ray discs, 64 KiB, of which one bad sector may take all.
 */

/** A file that the parity covers; `name` relative to the disc. */
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
/** Of discs below 80 MB: less would be lost in the lists of blocks, 20 bytes for each in every copy. */
const leastBlockBytes = 16_384
/** PAR2 allows no more; half as many are left for files that end within a block. */
export const mostDataBlocks = 32_768
const plannedDataBlocks = 16_384
/** A scratch begins and ends within a block. */
const spareBlocks = 2

/** Recovery blocks for each data block, so that they are `percent` of both together. */
const shareOf = (percent: number): number => percent / (100 - percent)

/** The block size for so much data, as par2 takes it. */
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

/** par2 fills each file up to whole blocks. */
export const blocksOf = (sizeBytes: number, blockBytes: number): number => Math.ceil(sizeBytes / blockBytes)

/** The parity of `files` in blocks of `blockBytes`. */
export function layoutFor(files: readonly ParityFile[], blockBytes: number, percent: number): ParityLayout {
  const dataBlocks = files.reduce((sum, { sizeBytes }) => sum + blocksOf(sizeBytes, blockBytes), 0)
  const recoveryBlocks = Math.ceil(dataBlocks * shareOf(percent)) + spareBlocks
  return { blockBytes, dataBlocks, recoveryBlocks }
}

/** The layouts to choose from, the finest blocks first; the last one is what the disc's room was reckoned with. */
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

/** Bytes of the two files that par2 makes of `files`: the one without recovery blocks and the one with all of them. */
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

/** A volume has the packets that tell of files and blocks so many times over: once more for each doubling. */
const copiesFor = (recoveryBlocks: number): number => Math.floor(Math.log2(Math.max(1, recoveryBlocks))) + 1

/** Of the PAR2 format: a packet's head has 64 bytes; names are filled up to 4. */
const mainBytes = 64 + 12
const fileBytes = (name: string): number =>
  16 + 64 + 56 + Math.ceil(Buffer.byteLength(name) / 4) * 4 + 64 + 16
const blockListBytes = 20
const recoveryHeadBytes = 68
/** par2cmdline 0.8.1 takes 104; another program has another name. */
const creatorBytes = 256

/** The blocks of the set over SHA256SUMS alone: twice as many as the file has are made for recovery. */
export function checksumLayout(sizeBytes: number): ParityLayout {
  const blockBytes = Math.ceil(Math.max(512, sizeBytes / 64) / 4) * 4
  const dataBlocks = blocksOf(sizeBytes, blockBytes)
  return { blockBytes, dataBlocks, recoveryBlocks: 2 * dataBlocks }
}

/** Bytes of the files of that set. */
export const checksumParityBytes = (sizeBytes: number): ReturnType<typeof parityBytes> =>
  parityBytes([{ name: 'SHA256SUMS', sizeBytes }], checksumLayout(sizeBytes))

/** What parity takes of a disc at the most, as a share of its data, for each chunk, and besides. */
export interface ParityRoom {
  readonly sharePpm: number
  readonly chunkExtraBytes: number
  readonly overheadBytes: number
}

/** In the table of what a disc's room is reckoned with: blocks as large as a full disc wants them. */
export const plannedBlockBytes = (capacityBytes: number, percent: number): number =>
  blockBytesFor((reckonedBytes(capacityBytes) * (100 - percent)) / 100, percent)

/** A disc without limit is reckoned as one of 25 GB: it cannot overflow. */
const reckonedBytes = (capacityBytes: number): number => (capacityBytes === Infinity ? 25e9 : capacityBytes)
const namesAtMost = 40
/** What SHA256SUMS takes, its own parity with it: for each byte, and besides. */
const checksumFactor = 3
const checksumFixedBytes = 20_480
const sectors = 4 * 2048
const lineBytes = 128

/**
 * The bound that the room for chunks is reckoned with. However small the chunks, recovery blocks are never more than the
 * disc has room for, which bounds the copies of the lists.
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
