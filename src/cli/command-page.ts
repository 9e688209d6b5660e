/** The help of a command as data. The terminal, the man page and docs/commands.md show the same page. */

import { choicesOf, type Command, showPositionals } from './command.ts'
import type { CommandEntry } from './command-entry.ts'
import { type OptionName, optionSpec } from './options.ts'

/** A word, an option or a call, and its explanation. */
export interface Term {
  readonly term: string
  readonly text: string
}

export interface TermGroup {
  readonly title: string
  readonly terms: readonly Term[]
}

export interface CommandPage {
  readonly name: string
  readonly aliases: readonly string[]
  /** `butcher backup [options] <src> <dest>` */
  readonly call: string
  /** A sentence. */
  readonly summary: string
  readonly words: readonly Term[]
  readonly options: readonly TermGroup[]
  readonly examples: readonly Term[]
  readonly notes: readonly string[]
}

export function commandPage(entry: CommandEntry, command: Command): CommandPage {
  return {
    name: entry.name,
    aliases: entry.aliases ?? [],
    call: `butcher ${entry.name} [options] ${showPositionals(command.positionals)}`.trimEnd(),
    summary: sentence(entry.summary),
    words: command.positionals.map((one) => ({ term: showPositionals([one]), text: one.describe })),
    options: optionGroups(command),
    examples: command.examples.map(([term, text]) => ({ term, text })),
    notes: command.notes ?? [],
  }
}

export const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`

const groupTitles = ['Options', 'Which paths', 'Encryption', 'Output'] as const

function optionGroups(command: Command): TermGroup[] {
  const help: Term = { term: '-h, --help', text: 'show this help' }
  const { dependent } = command
  const onAnother = dependent ? `With --${dependent.on}` : ''
  const groupOf = (name: OptionName): string => {
    const group = groups[name] ?? 'Options'
    const isApart = group === 'Options' || group === 'Which paths'
    return isApart && dependent?.options.includes(name) ? onAnother : group
  }
  const titles = ['Options', onAnother, ...groupTitles.slice(1)]
  const shown = titles.map((title) => ({
    title,
    terms: [
      ...command.options
        .filter((name) => groupOf(name) === title)
        .map((name) => ({ term: optionTerm(name, command.name), text: optionText(command, name) })),
      ...(title === 'Output' ? [help] : []),
    ],
  }))
  return shown.filter(({ terms }) => terms.length > 0)
}

/** `--medium M` */
export function optionTerm(name: OptionName, command: string): string {
  const { value, mayHaveValue, isFlagOf } = optionSpec(name)
  if (isFlagOf === command) return `--${name}`
  if (mayHaveValue === true) return `--${name}[=${value}]`
  return value === undefined ? `--${name}` : `--${name} ${value}`
}

function optionText(command: Command, name: OptionName): string {
  const { describe } = optionSpec(name)
  const choices = choicesOf(command, name)
  const text = command.describes?.[name] ?? describe
  // The first choice is the default.
  return choices
    ? `${text}: ${choices.map((choice, i) => (i === 0 ? `${choice} (default)` : choice)).join(', ')}`
    : text
}

const groups: Readonly<Partial<Record<OptionName, (typeof groupTitles)[number]>>> = {
  include: 'Which paths',
  exclude: 'Which paths',
  'exclude-from': 'Which paths',
  filter: 'Which paths',
  'one-file-system': 'Which paths',
  exact: 'Which paths',
  'ignore-case': 'Which paths',
  passphrase: 'Encryption',
  'passphrase-file': 'Encryption',
  'passphrase-command': 'Encryption',
  encrypt: 'Encryption',
  'no-encrypt': 'Encryption',
  recipient: 'Encryption',
  'private-key': 'Encryption',
  json: 'Output',
  quiet: 'Output',
  'no-progress': 'Output',
}
