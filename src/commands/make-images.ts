/** `butcher iso`: one burnable image for each disc. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { imageBytes, imageStream } from '../burn/image.ts'
import { findXorriso } from '../burn/xorriso.ts'
import { sealDisc } from '../catalog/disc-life.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { renameDurably, writeAll } from '../files/durable.ts'
import { showPath } from '../format/path-text.ts'
import { showSize } from '../format/size-text.ts'
import { changeSet, type ChangeSetOptions, type ChangingSet } from './change-set.ts'
import { paced } from './paced.ts'
import { chosenDiscs, type DiscSource, imageSourceOf, refuseOverfull, stagedDiscs } from './disc-source.ts'

export interface MakeImagesOptions extends ChangeSetOptions {
  /** Default: all whose folders are there, and which have neither an image nor a good copy. */
  readonly discs?: readonly number[]
  /** Hears of each image once it has its name. */
  readonly onImage?: (image: MadeImage) => void
  readonly report?: Report
}

export interface MadeImage {
  readonly disc: number
  readonly label: string
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

export interface MakeImagesSummary {
  readonly discs: readonly number[]
  readonly bytes: number
  readonly seconds: number
}

/**
 * Makes the images beside the folders, and seals the discs. Throws `program` where xorriso is missing or fails, `medium`
 * where an image does not fit, `no-space`, `damaged`, `usage`, besides what `changeSet` throws.
 */
export async function makeImages(options: MakeImagesOptions): Promise<MakeImagesSummary> {
  const started = Date.now()
  findXorriso()
  return changeSet(options, async (changing) => {
    const { set, destination } = changing
    const wanted =
      options.discs !== undefined && options.discs.length > 0
        ? chosenDiscs(set.db, destination, options.discs)
        : stagedDiscs(set.db, destination).filter(({ hasImage, goodCopies }) => !hasImage && goodCopies === 0)
    for (const source of wanted) {
      if (source.folder === undefined) {
        throw new ButcherError('missing-disc', `of disc ${source.row.number} only the image is there`, {
          path: source.image,
        })
      }
      imageSourceOf(set.db, source)
    }
    let bytes = 0
    for (const source of wanted) {
      const made = await makeImage(changing, source, options)
      bytes += made.bytes
      options.onImage?.(made)
    }
    return {
      discs: wanted.map(({ row }) => row.number),
      bytes,
      seconds: (Date.now() - started) / 1000,
    }
  })
}

async function makeImage(
  { set, destination, folders, save }: ChangingSet,
  disc: DiscSource,
  { report = silent, signal }: MakeImagesOptions,
): Promise<MadeImage> {
  const { number, label } = disc.row
  const source = imageSourceOf(set.db, disc)
  const totalBytes = await imageBytes(source, signal)
  refuseOverfull(disc, totalBytes)
  refuseNoSpace(destination, totalBytes)
  // First the catalog: a backup that finds the image knows that the disc takes no more.
  sealDisc(set.db, number)
  await save()
  report({ type: 'stage', stage: 'image', totalBytes })
  const temporary = path.join(folders.fresh, path.basename(disc.image))
  const hash = createHash('sha256')
  const progress = paced(report)
  let bytes = 0
  try {
    const fd = fs.openSync(temporary, 'w', 0o644)
    try {
      for await (const piece of imageStream(source, signal)) {
        hash.update(piece)
        writeAll(fd, piece)
        bytes += piece.length
        progress({ type: 'progress', stage: 'image', bytes, files: 0, totalBytes, disc: number })
      }
      if (bytes !== totalBytes) throw changed(disc)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    renameDurably(temporary, disc.image)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    signal?.throwIfAborted()
    throw asButcherError(error, 'cannot write', disc.image)
  }
  return { disc: number, label, file: disc.image, bytes, sha256: hash.digest('hex') }
}

function refuseNoSpace(destination: string, bytes: number): void {
  const { bavail, bsize } = fs.statfsSync(destination)
  if (bytes <= bavail * bsize) return
  throw new ButcherError(
    'no-space',
    `an image of ${showSize(bytes)} does not fit in ${showPath(destination)}, which has ${showSize(bavail * bsize)} free`,
    { path: destination, hint: 'butcher burn needs no image' },
  )
}

export const changed = ({ row, folder }: DiscSource): ButcherError =>
  new ButcherError(
    'io',
    `the folder of disc ${row.number} changed while its image was made`,
    folder === undefined ? {} : { path: folder },
  )
