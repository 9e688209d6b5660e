/** The options of a backup: those of the call, and otherwise those of the set's last backup. */

import fs from 'node:fs'
import { discRows } from '../../catalog/set-rows.ts'
import { type Catalog, getMeta } from '../../catalog/working-catalog.ts'
import { builtInOptions, optionNames, optionsFromFields, type SetOptions } from '../../format/set-options.ts'
import type { BackupOptions } from './backup-options.ts'
import { fileInSource, type SourceTree } from '../../format/source-tree.ts'
import { relativePatterns } from '../../set/user-patterns.ts'

export type GivenOptions = Partial<SetOptions>

/**
 * The kept options as given in a call, with patterns relative to `source`. Reads the pattern files. Throws
 * `usage`.
 */
export function givenOptions(options: BackupOptions, source: SourceTree): GivenOptions {
  const { include: _include, exclude: _exclude, excludeFrom: _excludeFrom, ...rest } = options
  const given = optionNames.flatMap((name) => {
    const value = (rest as GivenOptions)[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...(Object.fromEntries(given) as GivenOptions),
    ...relativePatterns(options, { source, isAtTop: (name) => fs.existsSync(fileInSource(source, name)) }),
  }
}

/**
 * The options of the newest backup, even if it was interrupted. Undefined in a new set. If a set never
 * recorded any, medium and redundancy come from the newest disc.
 */
export function keptOptions(db: Catalog): SetOptions | undefined {
  const recorded = parsed(getMeta(db, 'options'))
  if (recorded !== undefined) return optionsFromFields(recorded)
  const last = discRows(db).at(-1)
  return last && optionsFromFields({ medium: last.medium, redundancy: last.redundancy ?? 0 })
}

/** Nobody burns the discs of a store. */
const storeDefaults: SetOptions = { ...builtInOptions, medium: 'unlimited' }

/** The options to use. `reset` starts from the built-in defaults. */
export const usedOptions = (
  given: GivenOptions,
  kept: SetOptions | undefined,
  reset: boolean,
  inStore: boolean,
): SetOptions => ({
  ...((reset ? undefined : kept) ?? (inStore ? storeDefaults : builtInOptions)),
  ...given,
})

function parsed(json: string | undefined): object | undefined {
  try {
    const value = JSON.parse(json ?? 'null') as unknown
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
