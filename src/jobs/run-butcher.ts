/** Starts butcher itself as a child, and reads its lines of JSON. */

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { ownCommand } from '../own-files.ts'
import { programEnvironment } from '../programs/environment.ts'
import { startProgram } from '../programs/run-program.ts'

export interface RunButcherOptions {
  readonly passphrase: string | undefined
  readonly signal: AbortSignal | undefined
  /** Gets the number of its process. */
  readonly started: (pid: number | undefined) => void
  /** Gets each object, and its text. */
  readonly line: (line: Readonly<Record<string, unknown>>, words: string) => void
  /** Gets what it writes to stderr. `--json` has the same on stdout, but for the words of a crash. */
  readonly complaint?: (words: string) => void
}

/** The exit status, or the signal that ended it. A stop sends SIGTERM, and waits for the end. */
export async function runButcher(
  words: readonly string[],
  options: RunButcherOptions,
): Promise<number | string> {
  const [program, ...args] = ownCommand(words)
  // In a process group of its own, so Ctrl-C reaches it once: a second signal would drop what is packed.
  const child = startProgram(program, args, {
    // If this process is killed, the pipe of its input closes, and the child stops.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(options.passphrase),
  })
  options.started(child.pid)
  const { stdout, stderr } = child as { readonly stdout: Readable; readonly stderr: Readable }
  stderr.setEncoding('utf8').on('data', (text: string) => options.complaint?.(text))
  const stop = (): void => void child.kill('SIGTERM')
  options.signal?.addEventListener('abort', stop, { once: true })
  if (options.signal?.aborted) stop()
  try {
    const closed = once(child, 'close') as Promise<[number | null, string | null]>
    for await (const text of createInterface({ input: stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parse(text)
      if (line) options.line(line, text)
    }
    const [status, signal] = await closed
    return status ?? signal ?? 0
  } finally {
    options.signal?.removeEventListener('abort', stop)
  }
}

/** All variables of this process but its secrets, which are not those of the job. */
function environment(passphrase: string | undefined): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('BUTCHER_'))
  return programEnvironment({
    LC_ALL: undefined,
    TZ: undefined,
    ...Object.fromEntries(kept),
    ...(passphrase === undefined ? {} : { BUTCHER_PASSPHRASE: passphrase }),
    BUTCHER_STOP_AT_END_OF_INPUT: '1',
  })
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}
