/** Which options a backup uses: those of the call, and for the rest those of the set's last backup. */

import fs from 'node:fs'
import path from 'node:path'
import { discRows } from '../../catalog/set-rows.ts'
import { type Catalog, getMeta } from '../../catalog/working-catalog.ts'
import { builtInOptions, optionNames, optionsFromFields, type SetOptions } from '../../format/set-options.ts'
import type { BackupOptions } from './backup-options.ts'
import { relativePatterns } from '../../set/user-patterns.ts'

export type GivenOptions = Partial<SetOptions>

/** What a call says of the options that a set keeps: patterns relative to `source`. Reads the files of patterns. Throws `usage`. */
export function givenOptions(options: BackupOptions, source: string): GivenOptions {
  const { include: _include, exclude: _exclude, excludeFrom: _excludeFrom, ...rest } = options
  const given = optionNames.flatMap((name) => {
    const value = (rest as GivenOptions)[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...(Object.fromEntries(given) as GivenOptions),
    ...relativePatterns(options, { source, isAtTop: (name) => fs.existsSync(path.join(source, name)) }),
  }
}

/**
 * The options of the newest backup, also of one that was interrupted. Undefined in a new set. Of a set that never recorded
 * any, the newest disc tells medium and redundancy.
 */
export function keptOptions(db: Catalog): SetOptions | undefined {
  const recorded = parsed(getMeta(db, 'options'))
  if (recorded !== undefined) return optionsFromFields(recorded)
  const last = discRows(db).at(-1)
  return last && optionsFromFields({ medium: last.medium, redundancy: last.redundancy ?? 0 })
}

/** The options that count. `reset` starts from the built-in defaults. */
export const usedOptions = (
  given: GivenOptions,
  kept: SetOptions | undefined,
  reset: boolean,
): SetOptions => ({ ...((reset ? undefined : kept) ?? builtInOptions), ...given })

function parsed(json: string | undefined): object | undefined {
  try {
    const value = JSON.parse(json ?? 'null') as unknown
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
