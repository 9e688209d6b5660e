/** The options of `makeImages`, and its result. */

import type { Report } from '../../events.ts'
import type { ChangeSetOptions } from '../../set/change-set.ts'

export interface MakeImagesOptions extends ChangeSetOptions {
  /** By default all that have a folder, but neither an image nor a good copy. */
  readonly discs?: readonly number[]
  /** Spare discs. If there are any and no `discs`, only those. */
  readonly spares?: readonly number[]
  /** Gets each image once it has its name. */
  readonly onImage?: (image: MadeImage) => void
  readonly report?: Report
}

export interface MadeImage {
  /** Number of the disc, if it is one. */
  readonly disc?: number
  /** Number of the spare, if it is one. */
  readonly spare?: number
  readonly label: string
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

export interface MakeImagesSummary {
  readonly discs: readonly number[]
  /** Numbers of the spares. */
  readonly spares: readonly number[]
  readonly bytes: number
  readonly seconds: number
}
