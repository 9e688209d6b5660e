/**
 * Turns patterns of users into `.gitignore` patterns. `./x` and absolute paths below the source become paths
 * of the source. `.gitignore` syntax (`#`, trailing blanks) is taken literally.
 */

import type { SourceTree } from '../format/source-tree.ts'

export interface PatternPlace {
  /** With absolute paths; undefined if unknown. */
  readonly source: SourceTree | undefined
  /**
   * Whether the source has this name at its top: `/name` then means that, even if the source is below a
   * folder of this name.
   */
  readonly isAtTop: (name: string) => boolean
}

/** A pattern of `--include` or `--exclude`. */
export function userPattern(text: string, place: PatternPlace): string {
  const literal = text.replace(/^#/, '\\#').replace(/(?<!\\) +$/, (blanks) => '\\ '.repeat(blanks.length))
  return filePattern(literal, place)
}

/** A line of a pattern file, in which `#` and blanks have their `.gitignore` meaning. */
export function filePattern(text: string, place: PatternPlace): string {
  const [, sign = '', body = ''] = /^(!?)(.*)$/s.exec(text) as unknown as [string, string, string]
  if (body === '') return text
  const names = namesIn(body)
  const below = body.startsWith('/') ? namesBelow(names, place) : undefined
  const kept = below ? [...below.top.map(literalName), ...below.rest] : names
  if (kept.length === 0) return `${sign}*`
  const isAnchored = /^\.?\//.test(body)
  const isFolder = body.endsWith('/') || body.endsWith('/.')
  return `${sign}${isAnchored ? '/' : ''}${kept.join('/')}${isFolder ? '/' : ''}`
}

/** A path given by a user, made relative to the source: `./photos//2019/` becomes `photos/2019`. */
export function userPath(text: string, place: PatternPlace): string {
  const names = namesIn(text)
  const below = text.startsWith('/') ? namesBelow(names, place) : undefined
  return (below ? [...below.top, ...below.rest] : names).join('/')
}

/** A name as a pattern that matches nothing else. */
const literalName = (name: string): string => name.replace(/[\\*?[\]]| (?= *$)/g, '\\$&')

const namesIn = (text: string): string[] => text.split('/').filter((name) => name !== '' && name !== '.')

/** The path in the backup; undefined if it is not below a source. The innermost of several sources counts. */
function namesBelow(
  names: readonly string[],
  { source, isAtTop }: PatternPlace,
): { readonly top: readonly string[]; readonly rest: readonly string[] } | undefined {
  const [first] = names
  if (source === undefined || first === undefined || isAtTop(first)) return undefined
  const roots = typeof source === 'string' ? [{ name: '', path: source }] : source
  const below = roots.flatMap(({ name: top, path }) => {
    const above = namesIn(path)
    const isBelow = above.every((name, i) => names[i] === name || names[i]?.replace(/\\(.)/g, '$1') === name)
    if (above.length === 0 || !isBelow) return []
    return [{ top: namesIn(top), rest: names.slice(above.length) }]
  })
  return below.toSorted((a, b) => a.rest.length - b.rest.length)[0]
}
