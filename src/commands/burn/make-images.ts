/** `butcher iso`: one burnable image for each disc. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { imageBytes, type ImageSource, imageStream } from '../../burn/disc-image.ts'
import { findXorriso } from '../../burn/xorriso.ts'
import { sealDisc } from '../../catalog/disc-life.ts'
import { asButcherError, ButcherError, throwIfAborted } from '../../errors.ts'
import { silent } from '../../events.ts'
import { renameDurably, writeAll } from '../../files/durable.ts'
import { showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'
import { checkFields } from '../../options/check-fields.ts'
import { makeImagesFields } from './make-images-fields.ts'
import type { MadeImage, MakeImagesOptions, MakeImagesSummary } from './make-images-options.ts'
import { changeSet, type ChangingSet } from '../../set/change-set.ts'
import { paced } from '../../progress.ts'
import { changedSpare, overfullSpare, type SpareSource, spareSource } from './spare-source.ts'
import {
  chosenDiscs,
  type DiscSource,
  imageSourceOf,
  refuseOverfull,
  stagedDiscs,
} from '../../set/disc-source.ts'
import { refuseStore } from '../../remote/refuse-store.ts'

/**
 * Makes the images beside the folders, and seals the discs. Throws `program` if xorriso is missing or fails,
 * `medium` if an image does not fit, `no-space`, `damaged`, `usage`, and errors of `changeSet`.
 */
export async function makeImages(options: MakeImagesOptions): Promise<MakeImagesSummary> {
  checkFields('makeImages', makeImagesFields, options)
  refuseStore('iso', options.destination)
  const started = Date.now()
  findXorriso()
  return changeSet(options, async (changing) => {
    const { set, destination } = changing
    const spares = (options.spares ?? []).map((number) => spareSource(set.db, set.setId, destination, number))
    const wanted =
      options.discs !== undefined && options.discs.length > 0
        ? chosenDiscs(set.db, destination, options.discs)
        : spares.length > 0
          ? []
          : stagedDiscs(set.db, destination).filter(
              ({ hasImage, goodCopies, unread }) => !hasImage && goodCopies + unread.length === 0,
            )
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
    for (const spare of spares) {
      const made = await makeSpareImage(changing, spare, options)
      bytes += made.bytes
      options.onImage?.(made)
    }
    return {
      discs: wanted.map(({ row }) => row.number),
      spares: spares.map(({ spare }) => spare),
      bytes,
      seconds: (Date.now() - started) / 1000,
    }
  })
}

async function makeImage(
  changing: ChangingSet,
  disc: DiscSource,
  options: MakeImagesOptions,
): Promise<MadeImage> {
  const { number, label } = disc.row
  const source = imageSourceOf(changing.set.db, disc)
  const totalBytes = await imageBytes(source, options.signal)
  refuseOverfull(disc, totalBytes)
  refuseNoSpace(changing.destination, totalBytes)
  // The catalog comes first: a backup that finds the image then knows that the disc is closed.
  sealDisc(changing.set.db, number)
  await changing.save()
  const image = { source, file: disc.image, totalBytes, disc: number, changed: () => changed(disc) }
  return { disc: number, label, file: disc.image, ...(await writeImage(changing, image, options)) }
}

async function makeSpareImage(
  changing: ChangingSet,
  { spare, source, file, capacity }: SpareSource,
  options: MakeImagesOptions,
): Promise<MadeImage> {
  const totalBytes = await imageBytes(source, options.signal)
  if (totalBytes > capacity) throw overfullSpare(spare, totalBytes - capacity)
  refuseNoSpace(changing.destination, totalBytes)
  const image = { source, file, totalBytes, changed: () => changedSpare(spare, source.folder) }
  return { spare, label: source.volumeId, file, ...(await writeImage(changing, image, options)) }
}

interface PlannedImage {
  readonly source: ImageSource
  readonly file: string
  readonly totalBytes: number
  readonly disc?: number
  /** The error if the folder has changed. */
  readonly changed: () => ButcherError
}

async function writeImage(
  { folders }: ChangingSet,
  { source, file, totalBytes, disc, changed: changedError }: PlannedImage,
  { report = silent, signal }: MakeImagesOptions,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  report({ type: 'stage', stage: 'image', totalBytes })
  const temporary = path.join(folders.stagingDir, path.basename(file))
  const hash = createHash('sha256')
  const progress = paced(report)
  const at = disc === undefined ? {} : { disc }
  let bytes = 0
  try {
    const fd = fs.openSync(temporary, 'w', 0o644)
    try {
      for await (const piece of imageStream(source, signal)) {
        hash.update(piece)
        writeAll(fd, piece)
        bytes += piece.length
        progress({ type: 'progress', stage: 'image', bytes, files: 0, totalBytes, ...at })
      }
      if (bytes !== totalBytes) throw changedError()
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    renameDurably(temporary, file)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throwIfAborted(signal, error)
    throw asButcherError(error, 'cannot write', file)
  }
  return { bytes, sha256: hash.digest('hex') }
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

const changed = ({ row, folder }: DiscSource): ButcherError =>
  new ButcherError(
    'io',
    `the folder of disc ${row.number} changed while its image was made`,
    folder === undefined ? {} : { path: folder },
  )
