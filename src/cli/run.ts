/** Runs one call of the command line, from its words to its exit status. */

import { ButcherError, exitStatus } from '../errors.ts'
import { argumentsOf } from './arguments.ts'
import type { CommandEntry } from './command-entry.ts'
import { commandOf, commandsBelow, commandWords, helpWord } from './command-list.ts'
import { endProcess } from './end-process.ts'
import { asFailure, failureLine, failureStatus } from './failure.ts'
import { foreignWord } from './foreign-words.ts'
import { jsonError, jsonText } from './json-lines.ts'
import { nearest } from './nearest.ts'
import { Output, OutputClosed } from './output.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { exactWords, type SplitWords, splitWords, usageError } from './split-words.ts'
import { listenForStop, type Stop } from './stop.ts'

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
  if (isCompletionCall(words[0])) return complete(words, output)
  const split = splitWords(words)
  const json = has(split, 'json')
  const reporter = await reporterFor(split, output)
  const stop = listenForStop(reporter, isOneOf(split, 'backup', 'restore', 'burn'))
  try {
    return await perform(split, output, reporter, stop)
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
  { signal, takeHangup }: Stop,
): Promise<number> {
  const [first, ...others] = split.positionals
  if (split.version) return printVersion(output)
  if (first === undefined || first === helpWord) return printHelp(first, others, split, output)
  const entry = commandOf(split.positionals)
  if (!entry) {
    const [second] = others
    if (split.help && isFamily(first) && second === undefined) return printFamilyHelp(first, output)
    throw unknownCommand(first, second)
  }
  if (split.help) return printCommandHelp(entry, output)
  const command = await entry.load()
  const args = argumentsOf(command, split)
  return command.run({ args, output, reporter, signal, takeHangup })
}

async function printCommandHelp(entry: CommandEntry, output: Output): Promise<number> {
  const { commandPage } = await import('./command-page.ts')
  const { commandHelp } = await import('./help-text.ts')
  output.line(commandHelp(commandPage(entry, await entry.load()), output.columns))
  return exitStatus.done
}

const isFamily = (word: string): boolean => commandsBelow(word).length > 0

async function printFamilyHelp(word: string, output: Output): Promise<number> {
  const { familyHelp } = await import('./help-text.ts')
  output.line(familyHelp(word, commandsBelow(word), output.columns))
  return exitStatus.done
}

async function printHelp(
  word: string | undefined,
  about: readonly string[],
  split: SplitWords,
  output: Output,
): Promise<number> {
  const [first, second] = about
  if (first !== undefined) {
    const entry = commandOf(about)
    if (entry) return printCommandHelp(entry, output)
    if (isFamily(first) && second === undefined) return printFamilyHelp(first, output)
    throw unknownCommand(first, second)
  }
  const { generalHelp, shortHelp } = await import('./help-text.ts')
  if (word === undefined && !split.help) {
    if (split.unknown[0] !== undefined)
      throw usageError(`unknown option ${split.unknown[0]}`, 'butcher --help')
    process.stderr.write(`${shortHelp(output.columns)}\n\n`)
    throw usageError('no command given', 'butcher --help')
  }
  output.line(generalHelp(output.columns))
  return exitStatus.done
}

async function printVersion(output: Output): Promise<number> {
  const { programVersion } = await import('../format/program-version.ts')
  output.line(programVersion())
  return exitStatus.done
}

/** Completion scripts of an older butcher use the second word, and expect no meanings. */
const completionCalls = ['--get-completions', '--get-yargs-completions'] as const

const isCompletionCall = (word: string | undefined): boolean =>
  word !== undefined && (completionCalls as readonly string[]).includes(word)

/** The words so far: `butcher` first, the unfinished one last. */
async function complete([call, ...words]: readonly string[], output: Output): Promise<number> {
  const { completionsOf } = await import('./completions.ts')
  for (const { term, text } of await completionsOf(words))
    output.line(call === completionCalls[1] || text === '' ? term : `${term}\t${text}`)
  return exitStatus.done
}

function unknownCommand(word: string, second: string | undefined): ButcherError {
  if (isFamily(word)) return unknownInFamily(word, second)
  const foreign = foreignWord(word)
  if (foreign?.why !== undefined) return usageError(`unknown command ${word}`, foreign.why)
  const near = foreign?.command ?? nearest(word, commandWords)
  return near === undefined
    ? usageError(`unknown command ${word}`, 'butcher --help lists the commands')
    : usageError(`unknown command ${word}; did you mean ${near}?`)
}

function unknownInFamily(word: string, second: string | undefined): ButcherError {
  const names = commandsBelow(word).map(({ name }) => name.slice(word.length + 1))
  const help = `butcher ${word} --help`
  if (second === undefined)
    return usageError(`butcher ${word} needs a second word: ${names.join(', ')}`, help)
  const near = nearest(second, names)
  return near === undefined
    ? usageError(`unknown command ${word} ${second}`, help)
    : usageError(`unknown command ${word} ${second}; did you mean ${word} ${near}?`)
}

const has = (split: SplitWords, name: string): boolean => split.options.some((option) => option.name === name)

const isOneOf = (split: SplitWords, ...commands: readonly string[]): boolean =>
  commands.includes(commandOf(split.positionals)?.name ?? '')

const commandsWithBars = [
  'backup',
  'burn',
  'device backup',
  'device restore',
  'iso',
  'partition check',
  'partition mount',
  'partition restore',
  'rebuild',
  'recover',
  'restore',
  'spare',
  'verify',
] as const

async function reporterFor(split: SplitWords, output: Output): Promise<Reporter> {
  const json = has(split, 'json')
  const quiet = has(split, 'quiet')
  const wantsBars = isOneOf(split, ...commandsWithBars) && !json && !quiet && !has(split, 'no-progress')
  const isTerminal = process.stderr.isTTY && process.env['TERM'] !== 'dumb'
  const bars =
    wantsBars && isTerminal
      ? (await import('./progress-bars.ts')).createProgressBars(process.stderr)
      : undefined
  const tell = (line: string): void => void process.stderr.write(`${line}\n`)
  return createReporter({ json, quiet, output, bars, tell })
}
