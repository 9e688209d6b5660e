import { type OptionName, optionSpec } from './options.ts'
import type { Output } from './output.ts'
import type { Reporter } from './reporter.ts'

export interface Arguments {
  readonly positionals: Readonly<Record<string, readonly string[]>>
  readonly options: Readonly<Partial<Record<OptionName, string | readonly string[] | boolean>>>
}

export interface Positional {
  readonly name: string
  readonly describe: string
  /** `many`: one or more; `any`: none or more, and the last. */
  readonly count: 'one' | 'optional' | 'many' | 'any'
}

/** A verb of the command line. */
export interface Command {
  readonly name: string
  readonly positionals: readonly Positional[]
  readonly options: readonly OptionName[]
  /** Options with another description in this command. */
  readonly describes?: Readonly<Partial<Record<OptionName, string>>>
  /** Other values of an option in this command. The first one is the default. */
  readonly choices?: Readonly<Partial<Record<OptionName, readonly string[]>>>
  /** Options that count only with another one. */
  readonly dependent?: { readonly on: OptionName; readonly options: readonly OptionName[] }
  /** A call, and what it does. */
  readonly examples: readonly (readonly [call: string, what: string])[]
  /** A paragraph each. */
  readonly notes?: readonly string[]
  /** Does the work; answers with the exit status. */
  readonly run: (call: Call) => Promise<number>
}

/** One call of a command, with its input, output and signal. */
export interface Call {
  readonly args: Arguments
  readonly output: Output
  readonly reporter: Reporter
  /** Aborts when the user stops the run. */
  readonly signal: AbortSignal
  /** From now on SIGHUP calls this, and does not stop the command. */
  readonly takeHangup: (act: () => void) => void
}

/** The values that an option of this command takes; undefined: any. */
export const choicesOf = (
  command: Pick<Command, 'choices'>,
  name: OptionName,
): readonly string[] | undefined => command.choices?.[name] ?? optionSpec(name).choices

/** `<src> <dest>` as the help has it. */
export const showPositionals = (positionals: readonly Positional[]): string =>
  positionals
    .map(({ name, count }) =>
      count === 'one'
        ? `<${name}>`
        : count === 'many'
          ? `<${name}..>`
          : count === 'any'
            ? `[${name}..]`
            : `[${name}]`,
    )
    .join(' ')
