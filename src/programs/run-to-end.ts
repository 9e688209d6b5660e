import { once } from 'node:events'
import { ButcherError } from '../errors.ts'
import { programEnvironment } from './environment.ts'
import { endOnAbort, startProgram } from './run-program.ts'

export interface Ended {
  /** The exit status, or the signal that ended it. */
  readonly status: number | string
  readonly output: string
  /** Its stderr, trimmed. */
  readonly complaint: string
}

export interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv
  /** A descriptor of this process that the program gets as its descriptor 3. */
  readonly descriptor?: number
  /** Ends the program once it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** Of a program that writes more, the rest is left out. */
const mostText = 65_536

/** Runs a program without input. Throws `program` if it cannot be started. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  { environment, descriptor, signal }: RunOptions = {},
): Promise<Ended> {
  const child = startProgram(program, args, {
    cwd: '/',
    env: programEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe', ...(descriptor === undefined ? [] : [descriptor])],
  })
  const texts = { output: '', complaint: '' }
  const take = (name: keyof typeof texts) => (data: Buffer) => {
    if (texts[name].length < mostText) texts[name] += data.toString()
  }
  child.stdout?.on('data', take('output'))
  child.stderr?.on('data', take('complaint'))
  const release = endOnAbort(child, signal)
  try {
    const [status, killedBy] = (await once(child, 'close')) as [number | null, string | null]
    return { status: status ?? killedBy ?? 0, output: texts.output, complaint: texts.complaint.trim() }
  } catch (cause) {
    throw new ButcherError('program', `cannot run ${program}`, { cause })
  } finally {
    release()
  }
}
