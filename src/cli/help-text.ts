/** The help pages on a terminal, at most 80 columns wide. */

import type { CommandEntry } from './command-entry.ts'
import type { CommandPage, Term, TermGroup } from './command-page.ts'
import {
  shortCommandsByGroup,
  environment,
  exitStatuses,
  programCall,
  programDescription,
} from './program-page.ts'
import { wrapText } from './wrap-text.ts'

/** The page of `butcher COMMAND --help`. */
export function commandHelp(page: CommandPage, columns: number): string {
  const width = Math.min(columns, 80)
  const column = termWidth(page.options.flatMap(({ terms }) => terms))
  const names = page.aliases.map((name) => `butcher ${name}`).join(', ')
  return paragraphs([
    wrapText(`Usage: ${page.call}`, width),
    [...wrapText(page.summary, width), ...(names === '' ? [] : [`The same as ${names}.`])],
    termLines(page.words, width),
    ...page.options.map((group) => groupLines(group, width, column)),
    ['Examples:', ...page.examples.flatMap((example) => exampleLines(example, width))],
    ...page.notes.map((note) => wrapText(note, width)),
  ])
}

/** The page of `butcher --help`. */
export function generalHelp(columns: number): string {
  const width = Math.min(columns, 80)
  return paragraphs([
    [`Usage: ${programCall}`],
    wrapText(programDescription, width),
    ...commandsLines(width),
    groupLines({ title: 'Exit status', terms: exitStatuses }, width),
    groupLines({ title: 'Environment', terms: environment }, width),
    ['butcher COMMAND --help shows the options of a command, and examples.'],
  ])
}

/** The page of `butcher partition --help`: the commands that begin with this word. */
export function familyHelp(word: string, entries: readonly CommandEntry[], columns: number): string {
  const terms = entries.map(({ name, summary }) => ({ term: name, text: summary }))
  return paragraphs([
    [`Usage: butcher ${word} <command> [options]`],
    groupLines({ title: 'Commands', terms }, Math.min(columns, 80)),
    [`butcher ${word} COMMAND --help shows the options of a command, and examples.`],
  ])
}

/** The commands alone, for a call that has none. */
export const shortHelp = (columns: number): string =>
  paragraphs([[`Usage: ${programCall}`], ...commandsLines(Math.min(columns, 80))])

function commandsLines(width: number): string[][] {
  const column = termWidth(shortCommandsByGroup.flatMap(({ terms }) => terms))
  return shortCommandsByGroup.map((group) => groupLines(group, width, column))
}

const paragraphs = (parts: readonly (readonly string[])[]): string =>
  parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')

const groupLines = ({ title, terms }: TermGroup, width: number, column?: number): string[] => [
  `${title}:`,
  ...termLines(terms, width, column),
]

const exampleLines = ({ term, text }: Term, width: number): string[] => [
  `  ${term}`,
  ...wrapText(text, width - 6).map((line) => `      ${line}`),
]

const termWidth = (terms: readonly Term[]): number => Math.max(0, ...terms.map(({ term }) => term.length))

function termLines(terms: readonly Term[], width: number, column = termWidth(terms)): string[] {
  const indent = ' '.repeat(column + 4)
  return terms.flatMap(({ term, text }) =>
    wrapText(text, width - indent.length).map((line, i) =>
      i === 0 ? `  ${term.padEnd(column)}  ${line}` : indent + line,
    ),
  )
}
