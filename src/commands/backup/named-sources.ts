/** The names of the sources of a backup, with which their paths begin. */

import path from 'node:path'
import { ButcherError } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { ownFolder } from '../../format/member-name.ts'
import { pathToBytes, showPath } from '../../format/path-text.ts'
import { type NamedSource, sourceText, type SourceTree } from '../../format/source-tree.ts'
import type { BackupOptions } from './backup-options.ts'

/** The longest name on Linux (NAME_MAX), in bytes. */
const maxNameBytes = 255
/** Every reader of a catalog accepts a source of this length. */
const maxSourceBytes = 8192

const sourcesOf = ({ source }: Pick<BackupOptions, 'source'>): readonly string[] =>
  typeof source === 'string' ? [source] : source

/** The source, or the sources with their names, with absolute paths. Throws `usage`. */
export const sourceTree = (options: Pick<BackupOptions, 'source' | 'as'>): SourceTree =>
  namedSources(options) ?? path.resolve(sourcesOf(options)[0] as string)

/**
 * Each source with its name: the one given, or the last part of its path. Undefined for a single source
 * without a name, whose paths begin with none. Throws `usage`.
 */
function namedSources({
  source,
  as: given,
}: Pick<BackupOptions, 'source' | 'as'>): readonly NamedSource[] | undefined {
  const sources = sourcesOf({ source })
  if (sources.length === 1 && given === undefined) return undefined
  if (given !== undefined && given.length !== sources.length) {
    const counts = `${given.length} names with --as for ${sources.length} sources`
    throw new ButcherError('usage', `${counts}`, { hint: 'give one for each source, in their order' })
  }
  const named = sources.map((one, at) => ({
    name: given === undefined ? lastPart(one) : checkedName(given[at] as string),
    path: path.resolve(one),
  }))
  refuseEqual(named)
  if (Buffer.byteLength(sourceText(named)) > maxSourceBytes)
    throw new ButcherError('usage', `the paths of ${named.length} sources are too long: more than 8 kB`, {
      hint: 'give a folder that holds several of them, and --include',
    })
  return named
}

function lastPart(source: string): string {
  const name = path.basename(path.normalize(source))
  if (name !== '' && name !== '.' && name !== '..') return name
  throw new ButcherError('usage', `the source ${showPath(source)} has no name of its own`, {
    path: source,
    hint: 'give each source a name with --as',
  })
}

// oxlint-disable-next-line no-control-regex
const control = /[\0-\x1f\x7f]/

function checkedName(name: string): string {
  const why =
    name === '' || name === '.' || name === '..' || name === ownFolder
      ? 'is reserved'
      : name.includes('/')
        ? 'has a slash'
        : control.test(name)
          ? 'has a control character'
          : pathToBytes(name).length > maxNameBytes
            ? `has more than ${maxNameBytes} bytes`
            : undefined
  if (why === undefined) return name
  throw new ButcherError('usage', `--as '${showPath(name)}' cannot name a source: it ${why}`, {
    hint: 'give another name',
  })
}

function refuseEqual(named: readonly NamedSource[]): void {
  for (const [at, { name, path: other }] of named.entries()) {
    const first = named.slice(0, at).find((one) => one.name === name)
    if (first === undefined) continue
    const both = `${showPath(first.path)} and ${showPath(other)}`
    throw new ButcherError('usage', `two sources have the name ${showPath(name)}: ${both}`, {
      hint: 'give each source a name with --as',
    })
  }
}

/** Such names are one name on file systems that ignore case, or compose letters. */
export function warnOfAlikeNames(named: readonly NamedSource[], report: Report): void {
  const alike = Map.groupBy(named, ({ name }) => name.normalize('NFC').toLowerCase())
  for (const group of alike.values()) {
    if (group.length < 2) continue
    const names = group.map(({ name }) => showPath(name)).join(' and ')
    const message = `the names ${names} are one name on some file systems: a restore there mixes these sources`
    report({ type: 'warning', kind: 'other', message })
  }
}
