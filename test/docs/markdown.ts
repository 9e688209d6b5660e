/** The documents of the repository, as far as their tests look into them. */

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every document, as a path from the root. */
export function documents(): readonly string[] {
  const files = (folder: string): string[] =>
    fs.readdirSync(path.join(root, folder)).map((name) => path.join(folder, name))
  return [...files('.'), ...files('docs')].filter((file) => file.endsWith('.md')).toSorted()
}

/**
 * Made from the tables of the command line: its examples are no session, and have places of another machine.
 */
export const isGenerated = (text: string): boolean => text.startsWith('<!-- Generated')

export const readDocument = (document: string): string => fs.readFileSync(path.join(root, document), 'utf8')

export interface Fence {
  readonly language: string
  /** Why the tests do not run it: the comment `not run: WHY` that stands before it. */
  readonly notRun: string | null
  readonly code: string
}

/** The fenced blocks of a document, in order. */
export function fences(text: string): readonly Fence[] {
  const found: Fence[] = []
  for (const part of text.matchAll(/(?:^<!-- not run: (.*) -->\n\n?)?^```(.*)\n([^]*?)^```$/gm)) {
    const [, notRun, language, code] = part
    found.push({ language: language as string, notRun: notRun ?? null, code: code as string })
  }
  return found
}

/** What has to be done before the blocks of a page make sense: its comment `before the blocks: COMMANDS`. */
export const preparation = (text: string): string =>
  /^<!-- before the blocks: ([^]*?) -->$/m.exec(text)?.[1] ?? ''

/** The document without its fenced blocks, in which nothing is a link or a heading. */
export const prose = (text: string): string => text.replaceAll(/^ *```[^]*?^ *```$/gm, '')
