/** The words of a call, checked against its command. */

import { type Arguments, choicesOf, type Command, type Positional, showPositionals } from './command.ts'
import { nearest } from './nearest.ts'
import { type OptionName, optionSpec } from './options.ts'
import { type SplitWords, usageError } from './split-words.ts'

/**
 * Throws `usage`, naming the first thing that is wrong. `split.positionals` begins with the command's own
 * name.
 */
export function argumentsOf(command: Command, split: SplitWords): Arguments {
  checkOptions(command, split)
  return {
    positionals: bindPositionals(command, split.positionals.slice(command.name.split(' ').length)),
    options: optionsByName(split.options),
  }
}

/** The word of the required positional `name`. */
export const word = (args: Arguments, name: string): string => args.positionals[name]?.[0] as string
export const words = (args: Arguments, name: string): readonly string[] => args.positionals[name] ?? []
export const optionalWord = (args: Arguments, name: string): string | undefined => args.positionals[name]?.[0]

export function text(args: Arguments, name: OptionName): string | undefined {
  const value = args.options[name]
  return typeof value === 'string' ? value : undefined
}

export function list(args: Arguments, name: OptionName): readonly string[] {
  const value = args.options[name]
  return Array.isArray(value) ? (value as readonly string[]) : []
}

/** Undefined of an option that is not given. */
export const listIfGiven = (args: Arguments, name: OptionName): readonly string[] | undefined =>
  args.options[name] === undefined ? undefined : list(args, name)

export const flag = (args: Arguments, name: OptionName): boolean => args.options[name] === true

/** A whole number from 1 on. Throws `usage`. */
export function wholeNumber(args: Arguments, name: OptionName): number | undefined {
  const value = text(args, name)
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value) || Number(value) < 1) {
    throw usageError(`--${name} '${value}' is not a whole number of 1 or more`)
  }
  return Number(value)
}

/** Without the fields that are undefined. */
export function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}

function checkOptions(command: Command, { options, unknown, wrong }: SplitWords): void {
  const known = [...command.options.map((name) => `--${name}`), '--help', '--version']
  const foreign = options.find(({ name }) => !command.options.includes(name))
  const first = unknown[0] ?? (foreign && `--${foreign.name}`)
  if (first !== undefined) {
    const near = nearest(first, known)
    const does =
      foreign && unknown.length === 0 ? `${command.name} has no option ${first}` : `unknown option ${first}`
    throw near === undefined
      ? usageError(does, `butcher ${command.name} --help lists them`)
      : usageError(`${does}; did you mean ${near}?`)
  }
  if (wrong[0] !== undefined) throw usageError(wrong[0])
  for (const { name, value } of options) {
    const choices = choicesOf(command, name)
    if (choices && !choices.includes(value as string)) {
      const near = nearest(value as string, choices)
      throw usageError(
        `unknown value of --${name}: '${value}'${near === undefined ? '' : `; did you mean ${near}?`}`,
        `choose one of ${choices.join(', ')}`,
      )
    }
  }
}

/** If a `text` option is given twice, the last value counts. */
function optionsByName(given: SplitWords['options']): Arguments['options'] {
  const byName: Partial<Record<OptionName, string | readonly string[] | boolean>> = {}
  for (const { name, value } of given) {
    if (value === undefined) byName[name] = true
    else if (optionSpec(name).kind === 'list') byName[name] = [...((byName[name] as string[]) ?? []), value]
    else byName[name] = value
  }
  return byName
}

function bindPositionals(command: Command, given: readonly string[]): Record<string, readonly string[]> {
  const { positionals } = command
  const needed = positionals.filter(isNeeded).length
  const takesMany = positionals.some(({ count }) => count === 'many' || count === 'any')
  const usage = `butcher ${command.name} ${showPositionals(positionals)}`.trimEnd()
  if (given.length < needed) {
    throw usageError(
      `${missing(positionals, given.length)} is missing: ${usage}`,
      `butcher ${command.name} --help`,
    )
  }
  if (!takesMany && given.length > positionals.length) {
    throw usageError(
      `'${given[positionals.length]}' is one word too many: ${usage}`,
      `butcher ${command.name} --help`,
    )
  }
  const bound: Record<string, readonly string[]> = {}
  let at = 0
  for (const { name, count } of positionals) {
    const size = count === 'many' ? given.length - needed + 1 : count === 'any' ? given.length : 1
    const taken = given.slice(at, at + size)
    at += size
    if (taken.includes('')) throw usageError(`<${name}> is empty: ${usage}`)
    bound[name] = taken
  }
  return bound
}

const isNeeded = ({ count }: Positional): boolean => count !== 'optional' && count !== 'any'

const missing = (positionals: readonly Positional[], given: number): string =>
  positionals
    .filter(isNeeded)
    .slice(given)
    .map(({ name }) => `<${name}>`)
    .join(' ')
