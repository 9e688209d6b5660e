/** Runs one call of the command line, from its words to its exit status. */

import { ButcherError, exitStatus } from '../errors.ts'
import { argumentsOf } from './arguments.ts'
import { commandList, commandWords, completionWord, findCommand } from './command-list.ts'
import { completedValues, shells } from './completed-values.ts'
import { endProcess } from './end-process.ts'
import { asFailure, failureLine, failureStatus } from './failure.ts'
import { jsonError, jsonText } from './json-lines.ts'
import { nearest } from './nearest.ts'
import { Output, OutputClosed } from './output.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { exactWords, type SplitWords, splitWords, usageError } from './split-words.ts'
import { listenForStop } from './stop.ts'

/** Ends the process. */
export async function run(words: readonly string[]): Promise<never> {
  const output = new Output()
  // A stderr that nobody reads is no reason to fail.
  process.stderr.on('error', () => {})
  const status = await statusOf(exactWords(words), output)
  await output.flushWhileRead()
  endProcess(status)
}

async function statusOf(words: readonly string[], output: Output): Promise<number> {
  if (words[0] === '--get-yargs-completions') return complete(words.slice(1), output)
  const split = splitWords(words)
  const json = has(split, 'json')
  const reporter = await reporterFor(split, output)
  const stop = listenForStop(reporter, isOneOf(split, 'backup', 'restore', 'burn'))
  try {
    return await perform(split, output, reporter, stop.signal)
  } catch (error) {
    reporter.pause()
    if (error instanceof OutputClosed) return exitStatus.done
    const failure = stop.signal.aborted ? stop.failure(error) : asFailure(error)
    if (process.env['BUTCHER_DEBUG']) console.error(failure, error)
    if (json) output.line(jsonText(jsonError(failure)))
    process.stderr.write(`${failureLine(failure)}\n`)
    return failureStatus(failure)
  }
}

async function perform(
  split: SplitWords,
  output: Output,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const [first, ...rest] = split.positionals
  if (split.version) return printVersion(output)
  if (first === undefined || first === 'help') return printHelp(first, rest[0], split, output)
  if (first === completionWord) return printCompletionScript(split, rest, output)
  const entry = findCommand(first)
  if (!entry) throw unknownCommand(first)
  const command = await entry.load()
  if (split.help) {
    const { helpOf } = await import('./yargs-of-command.ts')
    output.line(await helpOf(entry, command, output.columns))
    return exitStatus.done
  }
  const args = argumentsOf(command, split)
  return command.run({ args, output, reporter, signal })
}

async function printHelp(
  word: string | undefined,
  about: string | undefined,
  split: SplitWords,
  output: Output,
): Promise<number> {
  const { generalHelp, helpOf } = await import('./yargs-of-command.ts')
  const entry = about === undefined ? undefined : findCommand(about)
  if (about !== undefined && !entry) throw unknownCommand(about)
  if (entry) output.line(await helpOf(entry, await entry.load(), output.columns))
  else if (word === 'help' || split.help) output.line(await generalHelp(output.columns))
  else {
    if (split.unknown[0] !== undefined)
      throw usageError(`unknown option ${split.unknown[0]}`, 'butcher --help')
    const width = Math.max(...commandList.map(({ name }) => name.length))
    const commands = commandList.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`)
    process.stderr.write(`usage: butcher <command> [options]\n\n${commands.join('')}\n`)
    throw usageError('no command given', 'butcher --help')
  }
  return exitStatus.done
}

async function printVersion(output: Output): Promise<number> {
  const { default: fs } = await import('node:fs')
  const file = new URL('../../package.json', import.meta.url)
  output.line((JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version)
  return exitStatus.done
}

async function printCompletionScript(
  split: SplitWords,
  words: readonly string[],
  output: Output,
): Promise<number> {
  if (split.help) {
    output.line(
      'butcher completion [bash|zsh|fish]\n\nPrints a completion script, by default for the shell of $SHELL.',
    )
    output.line('For bash: butcher completion bash >> ~/.bashrc')
    return exitStatus.done
  }
  const shell = words[0] ?? shells.find((name) => process.env['SHELL']?.endsWith(name)) ?? 'bash'
  if (!shells.includes(shell)) throw usageError(`'${shell}' is none of ${shells.join(', ')}`)
  const { completionScript } = await import('./yargs-of-command.ts')
  output.line((await completionScript(shell)).trimEnd())
  return exitStatus.done
}

/** What a completion script asks: the words so far, `butcher` first, the one being typed last. */
async function complete(words: readonly string[], output: Output): Promise<number> {
  const values = await completedValues(words)
  if (values !== undefined) {
    for (const value of values) output.line(value)
    return exitStatus.done
  }
  const { completions } = await import('./yargs-of-command.ts')
  const at = words.findIndex((word, i) => i > 0 && i < words.length - 1 && findCommand(word) !== undefined)
  const command = at < 0 ? undefined : await findCommand(words[at] as string)?.load()
  for (const word of await completions(words.slice(at + 1), command)) output.line(word)
  return exitStatus.done
}

function unknownCommand(word: string): ButcherError {
  const near = nearest(word, commandWords)
  return near === undefined
    ? usageError(`unknown command ${word}`, 'butcher --help lists the commands')
    : usageError(`unknown command ${word}; did you mean ${near}?`)
}

const has = (split: SplitWords, name: string): boolean => split.options.some((option) => option.name === name)

const isOneOf = (split: SplitWords, ...commands: readonly string[]): boolean =>
  commands.includes(split.positionals[0] ?? '')

async function reporterFor(split: SplitWords, output: Output): Promise<Reporter> {
  const json = has(split, 'json')
  const quiet = has(split, 'quiet')
  const wantsBars =
    isOneOf(split, 'backup', 'restore', 'verify', 'rebuild', 'iso', 'burn', 'spare', 'recover') &&
    !json &&
    !quiet &&
    !has(split, 'no-progress')
  const isTerminal = process.stderr.isTTY && process.env['TERM'] !== 'dumb'
  const bars =
    wantsBars && isTerminal
      ? (await import('./progress-bars.ts')).createProgressBars(process.stderr)
      : undefined
  const tell = (line: string): void => void process.stderr.write(`${line}\n`)
  return createReporter({ json, quiet, output, bars, tell })
}
