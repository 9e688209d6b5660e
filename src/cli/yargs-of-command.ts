/** What yargs does for us: the help pages and shell completion. */

import yargs, { type Argv, type Options } from 'yargs'
import { type Command, showPositionals } from './command.ts'
import { commandList, completionWord, type CommandEntry } from './command-list.ts'
import { type OptionName, optionSpec } from './options.ts'

/** The page that `butcher COMMAND --help` prints. */
export function helpOf(entry: CommandEntry, command: Command, columns: number): Promise<string> {
  const page = withOptions(newYargs(), command)
    .wrap(Math.min(columns, 110))
    .usage(usageOf(entry, command))
    .example(command.examples.map(([call, what]) => [call, what] as [string, string]))
    .help()
    .version(false)
    .alias('help', 'h')
    .group(['help'], 'Help:')
  if (command.notes !== undefined) page.epilogue(command.notes)
  return page.getHelp()
}

/** The page that `butcher --help` prints. */
export function generalHelp(columns: number): Promise<string> {
  const page = newYargs()
    .wrap(Math.min(columns, 110))
    .usage('butcher <command> [options]\n\nA cold-storage archiver for optical media.')
    .help()
    .alias('help', 'h')
    .version()
    .alias('version', 'V')
    .describe('version', 'show the version')
    .epilogue(
      'butcher COMMAND --help shows the options of a command, and examples.\n' +
        'Exit status: 0 done; 1 failed; 2 wrong usage; 3 done, but some source files could not be read.',
    )
  for (const { name, usage, summary } of commandList) page.command(`${name} ${usage}`, summary)
  page.command(`${completionWord} [shell]`, 'a completion script for bash, zsh or fish')
  return page.getHelp()
}

/** What could stand next after `words`: commands, or the options of `command` where the words have one. */
export function completions(
  words: readonly string[],
  command: Command | undefined,
): Promise<readonly string[]> {
  const page = newYargs().help().version()
  if (command) withOptions(page, command)
  else {
    for (const { name, summary } of commandList) page.command(name, summary)
    page.command(completionWord, 'a completion script')
  }
  return page.getCompletion([...words])
}

/** yargs picks the kind of script by SHELL. */
export async function completionScript(shell: string): Promise<string> {
  process.env['SHELL'] = `/bin/${shell}`
  const lines: string[] = []
  const { log } = console
  console.log = (line: string) => void lines.push(line)
  try {
    // The types of yargs leave out that it takes the words to write in.
    const page = newYargs() as unknown as { showCompletionScript: (program: string, word: string) => void }
    page.showCompletionScript('butcher', completionWord)
  } finally {
    console.log = log
  }
  return `${lines.join('\n')}\n`
}

function newYargs(): Argv {
  return yargs([])
    .scriptName('butcher')
    .locale('en')
    .exitProcess(false)
    .help(false)
    .version(false)
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'short-option-groups': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      'greedy-arrays': false,
      'nargs-eats-options': true,
    })
}

function withOptions(page: Argv, command: Command): Argv {
  for (const name of command.options) {
    const { kind, describe, choices } = optionSpec(name)
    const group = groupOf(name)
    const details: Options =
      kind === 'flag' ? { type: 'boolean' } : { type: 'string', requiresArg: true, nargs: 1 }
    page.option(name, {
      ...details,
      describe: command.describes?.[name] ?? describe,
      ...(choices ? { choices } : {}),
      group,
      ...(kind === 'list' ? { array: true } : {}),
    })
  }
  return page
}

function usageOf(entry: CommandEntry, command: Command): string {
  const call = `butcher ${entry.name} ${showPositionals(command.positionals)}`.trimEnd()
  const alias = entry.alias === undefined ? '' : ` The same as butcher ${entry.alias}.`
  const width = Math.max(0, ...command.positionals.map(({ name }) => name.length))
  const words = command.positionals.map(({ name, describe }) => `  ${name.padEnd(width)}  ${describe}`)
  return [call, '', sentence(entry.summary) + alias, ...(words.length > 0 ? ['', ...words] : [])].join('\n')
}

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`
function groupOf(name: OptionName): string {
  switch (name) {
    case 'passphrase':
    case 'passphrase-file':
    case 'encrypt':
    case 'recipient':
    case 'private-key':
      return 'Secrets (also: the environment variable BUTCHER_PASSPHRASE):'
    case 'include':
    case 'exclude':
    case 'exclude-from':
    case 'filter':
      return 'Which paths:'
    case 'json':
    case 'quiet':
    case 'no-progress':
      return 'Output:'
    default:
      return 'Options:'
  }
}
