/**
 * Turns patterns of users into `.gitignore` patterns. `./x` and absolute paths below the source become paths
 * of the source. `.gitignore` syntax (`#`, trailing blanks) is taken literally.
 */

export interface PatternPlace {
  /** The absolute path of the source; undefined if unknown. */
  readonly source: string | undefined
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
  const kept = below ?? names
  if (kept.length === 0) return `${sign}*`
  const isAnchored = /^\.?\//.test(body)
  const isFolder = body.endsWith('/') || body.endsWith('/.')
  return `${sign}${isAnchored ? '/' : ''}${kept.join('/')}${isFolder ? '/' : ''}`
}

/** A path given by a user, made relative to the source: `./photos//2019/` becomes `photos/2019`. */
export function userPath(text: string, place: PatternPlace): string {
  const names = namesIn(text)
  return ((text.startsWith('/') ? namesBelow(names, place) : undefined) ?? names).join('/')
}

const namesIn = (text: string): string[] => text.split('/').filter((name) => name !== '' && name !== '.')

/** The names after those of the source; undefined if the path is not below it. */
function namesBelow(names: readonly string[], { source, isAtTop }: PatternPlace): string[] | undefined {
  const above = source === undefined ? [] : namesIn(source)
  const [first] = names
  if (above.length === 0 || first === undefined || isAtTop(first)) return undefined
  const isBelow = above.every((name, i) => names[i] === name || names[i]?.replace(/\\(.)/g, '$1') === name)
  return isBelow ? names.slice(above.length) : undefined
}
