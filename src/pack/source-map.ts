/** Paths that another host sees elsewhere: `/data=/mnt/data`. */

import path from 'node:path'
import { ButcherError } from '../errors.ts'
import type { SourceTree } from '../format/source-tree.ts'

export interface PathPair {
  readonly from: string
  readonly to: string
}

/** Throws `usage` if the text is no pair of absolute paths. */
export function parsePathPair(text: string): PathPair {
  const middle = text.indexOf('=')
  const [from, to] = [text.slice(0, middle), text.slice(middle + 1)]
  if (middle < 0 || !path.isAbsolute(from) || !path.isAbsolute(to))
    throw new ButcherError('usage', `--source-map '${text}' is not a pair of absolute paths`, {
      hint: 'write it as /path/on/the/writer=/path/on/the/worker',
    })
  return { from: withoutSlash(from), to: withoutSlash(to) }
}

const withoutSlash = (folder: string): string =>
  folder === '/' ? '' : path.normalize(folder).replace(/\/$/, '')

/** The longest pair counts. */
export function mapPath(pairs: readonly PathPair[], file: string): string {
  const fits = pairs.filter(({ from }) => file === from || file.startsWith(`${from}/`))
  const best = fits.toSorted((a, b) => b.from.length - a.from.length)[0]
  return best === undefined ? file : best.to + file.slice(best.from.length) || '/'
}

export const mapSource = (pairs: readonly PathPair[], source: SourceTree): SourceTree =>
  typeof source === 'string'
    ? mapPath(pairs, source)
    : source.map(({ name, path: folder, file }) => ({
        name,
        path: mapPath(pairs, folder),
        ...(file === undefined ? {} : { file: mapPath(pairs, file) }),
      }))
