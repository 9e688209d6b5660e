/** Common to the verbs that read a catalog. */

import { aPath, type Fields, flag, optional } from '../options/check-fields.ts'
import { openCatalog, type OpenCatalog } from '../set/open-catalog.ts'
import { fromFields, type StoreUser } from '../remote/remote-options.ts'
import { openSecrets } from '../crypto/private-key.ts'
import type { Secrets } from '../crypto/secrets.ts'
import type { Report } from '../events.ts'

export interface ReadOptions extends Secrets, StoreUser {
  /** Destinations, discs, folders of discs, or catalog files. butcher uses the newest catalog. */
  readonly from: readonly string[]
  /** A catalog file to use instead of the newest one in `from`. */
  readonly index?: string
  /** Forgotten backups are there like others. */
  readonly forgotten?: boolean
  readonly report?: Report
  readonly signal?: AbortSignal
}

export const readFields: Fields<ReadOptions> = {
  ...fromFields,
  index: optional(aPath),
  forgotten: optional(flag),
}

/** Opens the catalog, and closes it after `use`. */
export async function reading<Result>(
  options: ReadOptions,
  use: (catalog: OpenCatalog) => Result | Promise<Result>,
): Promise<Result> {
  const { from, index, forgotten = false, store, report, signal } = options
  const catalog = await openCatalog(from, await openSecrets(options, report), {
    forgotten,
    ...(index === undefined ? {} : { index }),
    ...(store === undefined ? {} : { store }),
    ...(report === undefined ? {} : { report }),
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    return await use(catalog)
  } finally {
    catalog.close()
  }
}
