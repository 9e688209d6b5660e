/** Calls the real command line. */

import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
export const program: readonly string[] = [process.execPath, path.join(root, 'src/cli/main.ts')]

export interface CliResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The environment, without what the caller of the tests may have set for butcher. */
const environment = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const {
    BUTCHER_PASSPHRASE: _passphrase,
    BUTCHER_PASSPHRASE_FILE: _file,
    BUTCHER_DEBUG: _debug,
    ...rest
  } = process.env
  return { ...(rest as Record<string, string>), TZ: 'UTC', LC_ALL: 'C.UTF-8', ...extra }
}

export function cli(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliResult {
  const [command, ...before] = program as [string, ...string[]]
  const { status, stdout, stderr } = spawnSync(command, [...before, ...args], {
    encoding: 'utf8',
    env: environment(env),
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status, stdout, stderr }
}

/** The JSON lines a call prints. */
export const cliJson = (args: readonly string[]): Record<string, unknown>[] =>
  cli([...args, '--json'])
    .stdout.split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

export const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? ''

export interface TerminalResult {
  /** All that was shown: what was typed is in it as far as the terminal echoes. */
  readonly output: string
  readonly status: number
}

/** Calls it on a terminal; each step waits for a text to be shown, may run a shell command, then types. */
export function onTerminal(
  args: readonly string[],
  steps: readonly (readonly [expected: string, typed: string, shell?: string])[] = [],
  options: {
    readonly columns?: number
    readonly env?: Readonly<Record<string, string>>
    /** What the shell of the terminal does next. */
    readonly next?: string
    /** The shell has job control. */
    readonly isJob?: boolean
  } = {},
): Promise<TerminalResult> {
  const task = {
    command:
      options.next === undefined
        ? [...program, ...args]
        : [
            'bash',
            options.isJob === true ? '-mc' : '-c',
            `"$@"; ${options.next}`,
            'bash',
            ...program,
            ...args,
          ],
    env: { TERM: 'xterm', ...options.env },
    columns: options.columns ?? 120,
    steps,
  }
  return new Promise((resolve, reject) => {
    const python = spawn('python3', [path.join(root, 'test/cli/on-terminal.py')], {
      env: environment(),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let output = ''
    python.on('error', (cause) => {
      reject(new Error('python3 is missing: apt-get install python3', { cause }))
    })
    python.stdout.setEncoding('utf8').on('data', (piece: string) => void (output += piece))
    python.on('close', () => {
      try {
        resolve(JSON.parse(output) as TerminalResult)
      } catch (error) {
        reject(error)
      }
    })
    python.stdin.end(JSON.stringify(task))
  })
}
