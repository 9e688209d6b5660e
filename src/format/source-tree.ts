/** Where the paths of a backup are on the machine: below one folder, or each below the name of its source. */

import { pathForSystem, showPath } from './path-text.ts'

/** One of several sources. */
export interface NamedSource {
  /** The first name of its paths. */
  readonly name: string
  /** Absolute. */
  readonly path: string
  /** The source is this one file, after links: its path in the backup is the name alone. */
  readonly file?: string
}

/** One folder to which all paths are relative, or sources whose paths begin with their names. */
export type SourceTree = string | readonly NamedSource[]

export const isFolderSource = ({ file }: NamedSource): boolean => file === undefined

/** The first name of a path. */
export function topName(path: string): string {
  const end = path.indexOf('/')
  return end < 0 ? path : path.slice(0, end)
}

/**
 * The file of `path` in the source, for `node:fs`. A source that is a symbolic link is followed. Of a path of
 * no source, a file that cannot exist.
 */
export function fileInSource(tree: SourceTree, path: string): string | Buffer {
  if (typeof tree === 'string') return pathForSystem(`${tree}/${path}`)
  const name = topName(path)
  const source = tree.find((one) => one.name === name)
  if (source === undefined) return `/dev/null/${name}`
  if (path !== name) return pathForSystem(`${source.path}/${path.slice(name.length + 1)}`)
  return pathForSystem(source.file ?? `${source.path}/.`)
}

/** The length of the part of `path` that the user gave: folders above it are not part of the source. */
export const givenLength = (tree: SourceTree, path: string): number =>
  typeof tree === 'string' ? 0 : topName(path).length

/**
 * For the catalog: the folder, or a JSON object of names and absolute paths. A byte that is not UTF-8 becomes
 * `\udcNN` in the object.
 */
export const sourceText = (tree: SourceTree): string =>
  typeof tree === 'string'
    ? tree
    : JSON.stringify(Object.fromEntries(tree.map(({ name, path }) => [name, path]).toSorted()))

/** The inverse of `sourceText`. */
export function sourceOfText(text: string): SourceTree {
  if (!text.startsWith('{')) return text
  try {
    const pairs = Object.entries(JSON.parse(text) as Record<string, unknown>)
    if (pairs.every(([, path]) => typeof path === 'string'))
      return pairs.map(([name, path]) => ({ name, path: path as string }))
  } catch {
    // A relative path, as no version writes it.
  }
  return text
}

/** `/home/me`, or `/home/me/photos, /srv/docs`. */
export const showSource = (tree: SourceTree): string =>
  typeof tree === 'string' ? showPath(tree) : tree.map(({ path }) => showPath(path)).join(', ')
