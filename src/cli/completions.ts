/** Answers a shell's completion script. */

import type { CommandEntry } from './command-entry.ts'
import { commandPage, optionTerm, type Term } from './command-page.ts'
import { commandIn, commandList, commandsBelow, firstWord, helpWord } from './command-list.ts'
import { completedValues } from './completed-values.ts'

/**
 * The possible values of the last of `words`, which begin with `butcher`. Empty if the shell should offer
 * files. bash passes `--name=value` as three words, other shells as one.
 */
export async function completionsOf(words: readonly string[]): Promise<readonly Term[]> {
  const last = words.at(-1) ?? ''
  const before = words.slice(0, -1).filter((word) => word !== '=')
  const assigned = /^(--[\w-]+)=(.*)$/.exec(last)
  if (!assigned) return candidates([...before, last === '=' ? '' : last])
  const [, option, value] = assigned as unknown as [string, string, string]
  const values = await candidates([...before, option, value])
  return values.map(({ term, text }) => ({ term: `${option}=${term}`, text }))
}

async function candidates(words: readonly string[]): Promise<readonly Term[]> {
  const values = await completedValues(words)
  if (values !== undefined) return values.map((term) => ({ term, text: '' }))
  const typed = words.at(-1) as string
  const before = words.slice(1, -1)
  const terms = typed.startsWith('-')
    ? await optionTerms(commandIn(before)?.entry)
    : commandTerms(before[0] === helpWord ? before.slice(1) : before, typed !== '')
  return terms.filter(({ term }) => term.startsWith(typed))
}

/** The commands, or the second words of a command after its first word. */
function commandTerms([first, ...more]: readonly string[], withAliases: boolean): Term[] {
  if (more.length > 0) return []
  if (first !== undefined) {
    return commandsBelow(first).map(({ name, summary }) => ({
      term: name.slice(first.length + 1),
      text: summary,
    }))
  }
  const terms = new Map<string, string>()
  for (const { name, aliases = [], summary } of commandList) {
    for (const one of [name, ...(withAliases ? aliases : [])]) {
      const word = firstWord(one)
      terms.set(word, word === one ? summary : secondWords(word))
    }
  }
  terms.set(helpWord, 'show the help of a command')
  return [...terms].map(([term, text]) => ({ term, text }))
}

const secondWords = (first: string): string =>
  commandsBelow(first)
    .map(({ name }) => name.slice(first.length + 1))
    .join(', ')

const generalOptions: readonly Term[] = [
  { term: '--help', text: 'show the help' },
  { term: '--version', text: 'show the version' },
]

async function optionTerms(entry: CommandEntry | undefined): Promise<readonly Term[]> {
  if (entry === undefined) return generalOptions
  const command = await entry.load()
  const explained = new Map(
    commandPage(entry, command).options.flatMap(({ terms }) => terms.map(({ term, text }) => [term, text])),
  )
  return [
    ...command.options.map((name) => ({
      term: `--${name}`,
      text: explained.get(optionTerm(name, command.name)) ?? '',
    })),
    ...generalOptions.slice(0, 1),
  ]
}
