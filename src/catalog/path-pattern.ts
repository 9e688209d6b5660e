/**
 * Globs over paths, for `find`. `*` and `?` stay within one name, and `**` spans any number of names.
 * `[a-z]`, `[!a-z]`, `{jpg,png}` also work, and `\` makes the next character literal. A pattern without a
 * slash is for the last name of a path, one with a slash for the whole path. With `parts`, a text without
 * wildcards matches a part of the last name or path. A leading slash makes it a whole path.
 */

import { ButcherError } from '../errors.ts'

export interface PathPattern {
  /** Whether the pattern matches. `directory` is for patterns with a trailing slash. */
  readonly matches: (path: string, directory: boolean) => boolean
  /** SQLite GLOB patterns: each matching path matches one or more. They filter millions of rows in SQLite. */
  readonly globs: readonly string[]
  /** The path itself, if the pattern has no wildcard. */
  readonly exactPath: string | undefined
  /** The folder above all matches; empty if they can be anywhere. */
  readonly folder: string
  /** The matching last names, if the pattern is for last names and has no wildcard. */
  readonly lastNames: readonly string[] | undefined
}

/** Throws `usage` if `text` is empty or has too many alternatives. */
export function pathPattern(
  text: string,
  options: { readonly ignoreCase?: boolean; readonly parts?: boolean } = {},
): PathPattern {
  const ignoreCase = options.ignoreCase === true
  const directoryOnly = /[^/]\/+$/.test(text)
  const trimmed = text
    .replaceAll(/\/{2,}/g, '/')
    .replace(/^(?:\.\/)+/, '')
    .replace(/(?<=[^/])\/+$/, '')
  const wholePath = trimmed.includes('/')
  const pattern = trimmed.replace(/^\/+/, '')
  if (pattern === '')
    throw new ButcherError('usage', `'${text}' is not a valid pattern`, { hint: `write it like '*.jpg'` })
  const globs = expandBraces(pattern, text).map(tokensOf)
  const isText = globs.length === 1 && (globs[0] as Token[]).every(({ kind }) => kind === 'text')
  const isPart = options.parts === true && isText && !trimmed.startsWith('/')
  const alternatives = isPart ? globs.map((tokens) => partOf(tokens, wholePath)) : globs
  const expression = new RegExp(
    `^(?:${alternatives.map(expressionOf).join('|')})$`,
    ignoreCase ? 'isu' : 'su',
  )
  const only =
    alternatives.length === 1 && wholePath && !ignoreCase ? (alternatives[0] as Token[]) : undefined
  const isPlain = alternatives.every((tokens) => tokens.every(({ kind }) => kind === 'text'))
  const literals = only?.slice(0, only.findIndex((token) => token.kind !== 'text') >>> 0) ?? []
  const prefix = textOf(literals)
  return {
    matches: (path, directory) =>
      (directory || !directoryOnly) &&
      expression.test(wholePath ? path : path.slice(path.lastIndexOf('/') + 1)),
    globs: alternatives.flatMap((tokens) => {
      const glob = tokens.map((token) => globOf(token, ignoreCase)).join('')
      return wholePath || glob.startsWith('*') ? [glob] : [glob, `*/${glob}`]
    }),
    exactPath: only && literals.length === only.length ? prefix : undefined,
    folder: prefix.slice(0, Math.max(0, prefix.lastIndexOf('/'))),
    lastNames: wholePath || ignoreCase || !isPlain ? undefined : alternatives.map(textOf),
  }
}

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one' | 'many' | 'deep' | 'folders'; readonly text: '' }
  | {
      readonly kind: 'class'
      readonly text: ''
      readonly not: boolean
      readonly ranges: readonly [string, string][]
    }

/** The text may be a part of the last name of a path. With a folder, the paths below it do not all match. */
const partOf = (tokens: readonly Token[], wholePath: boolean): Token[] => [
  { kind: wholePath ? 'deep' : 'many', text: '' },
  ...tokens,
  { kind: 'many', text: '' },
]

const textOf = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join('')

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = []
  const characters = [...pattern]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string
    if (character === '\\' && i + 1 < characters.length) {
      tokens.push({ kind: 'text', text: characters[++i] as string })
    } else if (character === '*') {
      let stars = 1
      while (characters[i + 1] === '*') {
        stars++
        i++
      }
      const begins = tokens.length === 0 || tokens.at(-1)?.text === '/' || tokens.at(-1)?.kind === 'folders'
      if (stars > 1 && begins && characters[i + 1] === '/') {
        i++
        tokens.push({ kind: 'folders', text: '' })
      } else tokens.push({ kind: stars > 1 ? 'deep' : 'many', text: '' })
    } else if (character === '?') tokens.push({ kind: 'one', text: '' })
    else {
      const set = character === '[' ? classAt(characters, i) : undefined
      if (set) i = set.end
      tokens.push(set ? set.token : { kind: 'text', text: character })
    }
  }
  return tokens
}

/**
 * The class that begins with the bracket at `start`. Undefined if it is not closed: the bracket is then
 * literal.
 */
function classAt(characters: readonly string[], start: number): { token: Token; end: number } | undefined {
  let i = start + 1
  const not = characters[i] === '!' || characters[i] === '^'
  if (not) i++
  const ranges: [string, string][] = []
  for (let first = true; i < characters.length; first = false) {
    if (characters[i] === ']' && !first) return { token: { kind: 'class', text: '', not, ranges }, end: i }
    if (characters[i] === '\\' && i + 1 < characters.length) i++
    const low = characters[i++] as string
    if (characters[i] === '-' && i + 1 < characters.length && characters[i + 1] !== ']') {
      const high = characters[i + 1] as string
      i += 2
      if (pointOf(low) <= pointOf(high)) ranges.push([low, high])
    } else ranges.push([low, low])
  }
  return undefined
}

const pointOf = (character: string): number => character.codePointAt(0) as number
const escaped = (character: string): string => `\\u{${pointOf(character).toString(16)}}`

function expressionOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      switch (token.kind) {
        case 'text':
          return escaped(token.text)
        case 'one':
          return '[^/]'
        case 'many':
          return '[^/]*'
        case 'deep':
          return '.*'
        case 'folders':
          return '(?:.*/)?'
        case 'class': {
          const ranges = token.ranges.map(([low, high]) => `${escaped(low)}-${escaped(high)}`).join('')
          return token.not ? `[^/${ranges}]` : `(?!/)[${ranges}]`
        }
      }
    })
    .join('')
}

function globOf(token: Token, ignoreCase: boolean): string {
  if (token.kind === 'one' || token.kind === 'class') return '?'
  if (token.kind !== 'text') return '*'
  const { text } = token
  if ('*?['.includes(text)) return `[${text}]`
  return ignoreCase && text.toLowerCase() !== text.toUpperCase() ? '?' : text
}

const maxAlternatives = 256

/** `a{b,c}d` becomes `abd` and `acd`. Braces without a closing brace or a comma are literal. */
function expandBraces(pattern: string, whole: string): string[] {
  const done: string[] = []
  const todo = [pattern]
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const group = firstBraces(next)
    if (!group) done.push(next)
    else {
      for (const choice of group.choices)
        todo.push(next.slice(0, group.start) + choice + next.slice(group.end))
    }
    if (done.length + todo.length > maxAlternatives) {
      throw new ButcherError('usage', `'${whole}' has more than ${maxAlternatives} alternatives`)
    }
  }
  return done
}

function firstBraces(pattern: string): { start: number; end: number; choices: string[] } | undefined {
  for (let start = 0; start < pattern.length; start++) {
    if (pattern[start] === '\\') start++
    else if (pattern[start] === '{') {
      const choices: string[] = []
      let depth = 0
      let from = start + 1
      for (let i = start; i < pattern.length; i++) {
        const character = pattern[i]
        if (character === '\\') i++
        else if (character === '{') depth++
        else if (character === ',' && depth === 1) {
          choices.push(pattern.slice(from, i))
          from = i + 1
        } else if (character === '}' && --depth === 0) {
          if (choices.length === 0) break
          return { start, end: i + 1, choices: [...choices, pattern.slice(from, i)] }
        }
      }
    }
  }
  return undefined
}
