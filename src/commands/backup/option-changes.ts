/**
 * Reports options that differ from those of the previous backup, and a disc that is closed because of them.
 */

import { sealDisc } from '../../catalog/disc-life.ts'
import { backupRows, chunkRows, type DiscRow, discRows } from '../../catalog/set-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import type { Medium } from '../../format/medium.ts'
import { pathFromCatalog, showPath } from '../../format/path-text.ts'
import { optionNames, type SetOptions } from '../../format/set-options.ts'
import { showSize } from '../../format/size-text.ts'
import { showSource, sourceOfText, sourceText, type SourceTree } from '../../format/source-tree.ts'

export interface OptionChangeInputs {
  readonly db: Catalog
  /** Numbers of the disc folders in the destination. */
  readonly staged: readonly number[]
  readonly kept: SetOptions | undefined
  readonly used: SetOptions
  readonly medium: Medium
  readonly source: SourceTree
  readonly dryRun: boolean
}

/**
 * One line, or undefined if nothing changed. Seals the open disc if medium or redundancy no longer fit it.
 */
export function reportOptionChanges(inputs: OptionChangeInputs): string | undefined {
  const { db, kept, used, source } = inputs
  const closed = closeDisc(inputs)
  const last = backupRows(db).at(-1)
  const changes = kept
    ? optionNames.flatMap((name) => {
        if (JSON.stringify(kept[name]) === JSON.stringify(used[name]) || closed?.because.includes(name))
          return []
        return [
          `${nameText(name)} is now ${valueText(name, used[name])} (was ${valueText(name, kept[name])})`,
        ]
      })
    : []
  const lastSource = last?.source == null ? undefined : pathFromCatalog(last.source)
  if (lastSource !== undefined && lastSource !== sourceText(source))
    changes.push(`the source is now ${showSource(source)} (was ${showSource(sourceOfText(lastSource))})`)
  const lines = [...(closed ? [closed.text] : []), ...changes]
  return lines.length === 0 ? undefined : lines.join('; ')
}

type Closing = 'medium' | 'redundancy'

function closeDisc({
  db,
  staged,
  used,
  medium,
  dryRun,
}: OptionChangeInputs): { readonly text: string; readonly because: readonly string[] } | undefined {
  const disc = discRows(db).at(-1)
  if (disc?.state !== 'open' || !staged.includes(disc.number)) return undefined
  const because: Closing[] = [
    ...((disc.capacity ?? Infinity) === medium.capacityBytes ? [] : ['medium' as const]),
    ...((disc.redundancy ?? 0) === used.redundancy ? [] : ['redundancy' as const]),
  ]
  if (because.length === 0) return undefined
  sealDisc(db, disc.number)
  const reasons = because.map((name) => `${nameText(name)} is now ${valueText(name, used[name])}`)
  const verb = dryRun ? 'would be closed' : 'is closed'
  return {
    text: `disc ${disc.number} (${fillText(db, disc)}) ${verb}, because ${reasons.join(' and ')}`,
    because,
  }
}

function fillText(db: Catalog, { number, bytes, capacity }: DiscRow): string {
  const used = bytes ?? chunkRows(db, number).reduce((sum, chunk) => sum + chunk.bytes, 0)
  return capacity === null ? showSize(used) : `${Math.floor((used / capacity) * 100)} % full`
}

const optionWords: Readonly<Partial<Record<keyof SetOptions, string>>> = {
  chunkSizeBytes: '--chunk-size',
  excludeFrom: '--exclude-from',
  oneFileSystem: '--one-file-system',
  indexPage: 'index.html on discs',
  piecesFromBytes: '--pieces',
}

const nameText = (name: keyof SetOptions): string => optionWords[name] ?? `--${name}`

/** The most patterns that are named. */
const toldPatterns = 5

function valueText(name: keyof SetOptions, value: SetOptions[keyof SetOptions]): string {
  if (name === 'redundancy') return value === 0 ? 'off' : `${String(value)}%`
  if (name === 'piecesFromBytes') return value === 0 ? 'off' : `from ${showSize(value as number)}`
  if (name === 'chunkSizeBytes') return showSize(value as number)
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (value === null) return 'not set'
  if (typeof value === 'string' || typeof value === 'number') return showPath(String(value))
  if (value.length === 0) return 'not set'
  const some = value.slice(0, toldPatterns).map((pattern) => `'${showPath(pattern)}'`)
  return value.length > toldPatterns
    ? `${some.join(' ')} and ${value.length - toldPatterns} more`
    : some.join(' ')
}
