/** The source of a run: a folder, several named ones, a disk, or the partition of an image. */

import fs from 'node:fs'
import { ButcherError, systemText } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { isWithin } from '../../files/is-within.ts'
import { pathForSystem, pathFromBytes, showPath } from '../../format/path-text.ts'
import { isFolderSource, type NamedSource, type SourceTree } from '../../format/source-tree.ts'
import { sourceGuard } from '../../ingest/source-root.ts'
import type { BackupOptions } from './backup-options.ts'
import { checkSource } from './ingest-source.ts'
import { isRaw } from './is-raw.ts'
import { KeptSources } from './kept-sources.ts'
import { sourceTree, warnOfAlikeNames } from './named-sources.ts'
import type { RawSource } from './raw-source.ts'
import { SourceWalk, type Walk } from './source-walk.ts'

export interface RunSource {
  /** With absolute paths. */
  readonly source: SourceTree
  /** The sources that cannot be read; empty for a single one, which must be readable. */
  readonly kept: KeptSources
  /** Throws `source` if it is no longer the one that the run began with. */
  readonly checkRoot: () => void
  readonly walk: Walk
  /** Undefined for a folder. */
  readonly raw: RawSource | undefined
}

/** Throws `source` if none can be read, `destination` if one is inside the destination `folder`. */
export async function openSource(options: BackupOptions, folder: string, report: Report): Promise<RunSource> {
  const tree = sourceTree(options)
  if (typeof tree !== 'string') return openNamed(tree, options, folder, report)
  const kept = new KeptSources()
  if (isRaw(tree, options)) {
    const { openRawSource, rawGuard, rawWalk } = await import('./raw-source.ts')
    const raw = await openRawSource(tree, options, report)
    return { source: raw.file.path, kept, checkRoot: rawGuard(raw), walk: rawWalk(raw, options.signal), raw }
  }
  const source = checkSource(given(options))
  refuseInside(source, folder)
  const walk = new SourceWalk(source, folder, options.signal)
  return { source, kept, checkRoot: sourceGuard(source), walk, raw: undefined }
}

function openNamed(
  named: readonly NamedSource[],
  options: BackupOptions,
  folder: string,
  report: Report,
): RunSource {
  warnOfAlikeNames(named, report)
  for (const { path } of named) refuseInside(path, folder)
  const { source, found, kept } = lookAtAll(named, options)
  const guards = found.filter(isFolderSource).map(({ path }) => sourceGuard(path))
  const checkRoot = (): void => guards.forEach((check) => check())
  return { source, kept, checkRoot, walk: new SourceWalk(found, folder, options.signal), raw: undefined }
}

/** Throws `source` if none can be read. */
export function checkSources(options: BackupOptions): void {
  const tree = sourceTree(options)
  if (typeof tree !== 'string') lookAtAll(tree, options)
  else if (!isRaw(tree, options)) checkSource(given(options))
}

/** The only source, as the user wrote it. */
const given = ({ source }: BackupOptions): string =>
  typeof source === 'string' ? source : (source[0] as string)

interface LookedAt {
  readonly source: readonly NamedSource[]
  /** Those that can be read. */
  readonly found: readonly NamedSource[]
  readonly kept: KeptSources
}

/** Throws `source` if none can be read. */
function lookAtAll(named: readonly NamedSource[], { asPartition }: BackupOptions): LookedAt {
  if (asPartition === true)
    throw new ButcherError('usage', 'an image is backed up as a partition alone', {
      hint: 'give --as-partition one source, and no --as',
    })
  const kept = new KeptSources()
  const reasons: string[] = []
  const source = named.map((one) => {
    try {
      return lookAt(one)
    } catch (error) {
      const why = error instanceof ButcherError ? error.message : `cannot be read: ${systemText(error)}`
      kept.add(one, why)
      reasons.push(`${showPath(one.path)} ${why}`)
      return one
    }
  })
  const found = source.filter(({ name }) => !kept.has(name))
  if (found.length === 0)
    throw new ButcherError('source', `no source can be read: ${reasons.join('; ')}`, {
      hint: 'make one of them available and run the same command again',
    })
  return { source, found, kept }
}

/** The source with its kind. A link to a file is followed. Throws the system's errors. */
function lookAt(source: NamedSource): NamedSource {
  const place = pathForSystem(source.path)
  const stat = fs.statSync(place)
  if (stat.isDirectory()) {
    fs.readdirSync(place)
    return source
  }
  if (!stat.isFile())
    throw new ButcherError('source', 'is neither a folder nor a file', { path: source.path })
  fs.accessSync(place, fs.constants.R_OK)
  return { ...source, file: pathFromBytes(fs.realpathSync(place, 'buffer')) }
}

function refuseInside(source: string, folder: string): void {
  if (!isWithin(folder, source)) return
  throw new ButcherError('destination', `the source ${source} is inside the destination ${folder}`, {
    path: folder,
    hint: 'give another destination',
  })
}
