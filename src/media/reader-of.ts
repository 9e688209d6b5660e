import { isImage } from './disc-files.ts'
import type { DiscReader } from './disc-reader.ts'
import { folderReader } from './read-folder.ts'
import { type ImageListener, imageReader } from './read-image.ts'

/** The reader for a disc's folder, image or drive. */
export const readerOf = (place: string, listener?: ImageListener): DiscReader =>
  isImage(place) ? imageReader(place, listener) : folderReader(place)
