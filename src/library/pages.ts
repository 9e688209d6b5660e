/** The verbs that draw: `label` and `makeIndex`. */

import {
  anyText,
  aPath,
  checkFields,
  choice,
  type Fields,
  flag,
  list,
  needed,
  optional,
  whole,
} from '../options/check-fields.ts'
import { type MadeIndex, makeIndex as makePage } from '../commands/label/index-page.ts'
import type { LabelOptions as DrawOptions, MadeLabels } from '../commands/label/label-options.ts'
import { label as draw } from '../commands/label/label.ts'
import { readFields, reading, type ReadOptions } from './open-for-reading.ts'

export interface LabelOptions extends ReadOptions, Omit<DrawOptions, 'catalog'> {}

const labelFields: Fields<LabelOptions> = {
  ...readFields,
  discs: optional(list(whole)),
  copy: optional(whole),
  out: needed(aPath),
  title: optional(anyText),
  case: optional(choice('jewel', 'dvd', 'bd', 'none')),
  overwrite: optional(flag),
}

/** Writes labels for discs and sheets for their cases. */
export async function label(options: LabelOptions): Promise<MadeLabels> {
  checkFields('label', labelFields, options)
  return reading(options, (catalog) => draw({ ...options, catalog }))
}

export interface MakeIndexOptions extends ReadOptions {
  /** The HTML file to write. */
  readonly out: string
  readonly overwrite?: boolean
}

const makeIndexFields: Fields<MakeIndexOptions> = {
  ...readFields,
  out: needed(aPath),
  overwrite: optional(flag),
}

/** Writes a page to browse a set in a web browser. It is unencrypted, even for an encrypted set. */
export async function makeIndex(options: MakeIndexOptions): Promise<MadeIndex> {
  checkFields('makeIndex', makeIndexFields, options)
  const { out, overwrite, signal } = options
  return reading(options, (catalog) =>
    makePage({
      catalog,
      out,
      ...(overwrite === undefined ? {} : { overwrite }),
      ...(signal === undefined ? {} : { signal }),
    }),
  )
}
