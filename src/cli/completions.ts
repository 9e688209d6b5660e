/** Answers a shell's completion script. */

import { commandPage, optionTerm, type Term } from './command-page.ts'
import { type CommandEntry, commandList, findCommand, helpWord } from './command-list.ts'
import { completedValues } from './completed-values.ts'

/**
 * The words that can stand in place of the last of `words`, which begin with `butcher`. None where the shell should offer
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
  const entry = entryIn(words.slice(1, -1))
  const isFirst = words.length === 2 || (words.length === 3 && words[1] === helpWord)
  const terms = typed.startsWith('-') ? await optionTerms(entry) : isFirst ? commandTerms(typed !== '') : []
  return terms.filter(({ term }) => term.startsWith(typed))
}

function entryIn(words: readonly string[]): CommandEntry | undefined {
  const word = words.find((one) => findCommand(one) !== undefined)
  return word === undefined ? undefined : findCommand(word)
}

function commandTerms(withAliases: boolean): Term[] {
  const terms = commandList.flatMap(({ name, aliases, summary }) =>
    [name, ...(withAliases ? (aliases ?? []) : [])].map((term) => ({ term, text: summary })),
  )
  return [...terms, { term: helpWord, text: 'show the help of a command' }]
}

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
    ...command.options.map((name) => ({ term: `--${name}`, text: explained.get(optionTerm(name)) ?? '' })),
    ...generalOptions.slice(0, 1),
  ]
}
