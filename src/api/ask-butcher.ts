/**
 * Asks butcher itself in a process of its own, so that a large or damaged set costs the daemon neither time
 * nor memory.
 */

import { backupCall } from '../jobs/backup-call.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { runButcher } from '../jobs/run-butcher.ts'
import { readSecret } from '../jobs/secrets.ts'
import { exitStatus } from '../errors.ts'
import { ApiError } from './api-error.ts'
import { existing } from './existing-definition.ts'
import { Turns } from './turns.ts'

export type Line = Readonly<Record<string, unknown>>

export interface AskedSet {
  readonly destination: string
  readonly passphrase: string | undefined
}

/** The set of a job, and its passphrase. */
export async function setOf(job: string): Promise<AskedSet> {
  const all = readDefinitions()
  const { destination, secret } = backupCall(existing(all, 'job', job), all)
  return { destination, passphrase: secret === undefined ? undefined : await readSecret(secret, all) }
}

interface AskOptions {
  readonly passphrase?: string | undefined
  readonly signal: AbortSignal
  /** Gets each line but progress and errors. False ends the process: enough is known. */
  readonly line: (line: Line) => boolean | void
  readonly progress?: (line: Line) => void
}

/** A browser asks for several things at once. */
const mostProcesses = 4
const turns = new Turns(mostProcesses)
const mostComplaint = 2000

/** Throws the error that butcher reports, as an answer. */
export async function askButcher(words: readonly string[], options: AskOptions): Promise<void> {
  const done = await turns.take(options.signal)
  try {
    await ask(words, options)
  } finally {
    done()
  }
}

async function ask(
  words: readonly string[],
  { passphrase, signal, line, progress }: AskOptions,
): Promise<void> {
  const enough = new AbortController()
  let error: Line | undefined
  let complaint = ''
  const status = await runButcher(words, {
    passphrase,
    signal: AbortSignal.any([signal, enough.signal]),
    started: () => {},
    line: (one) => {
      if (one['type'] === 'error') error = one
      else if (one['type'] === 'progress') progress?.(one)
      else if (!enough.signal.aborted && line(one) === false) enough.abort()
    },
    complaint: (text) => (complaint = `${complaint}${text}`.slice(-mostComplaint)),
  })
  if (enough.signal.aborted || status === exitStatus.done || status === exitStatus.incomplete) return
  throw errorOf(error, status, complaint)
}

const statusOfCode: Readonly<Record<string, number>> = {
  usage: 400,
  'no-match': 404,
  'no-set': 404,
  locked: 409,
  secret: 409,
  exists: 409,
}

function errorOf(error: Line | undefined, status: number | string, complaint: string): ApiError {
  if (error === undefined)
    return new ApiError(
      502,
      'program',
      `butcher ended with ${status}: ${complaint.trim().split('\n').at(-1)}`,
    )
  const code = String(error['code'])
  return new ApiError(
    statusOfCode[code] ?? 502,
    code,
    String(error['message']),
    typeof error['hint'] === 'string' ? { hint: error['hint'] } : {},
  )
}

/** The lines of a kind, without their type. */
export async function linesOf(
  words: readonly string[],
  type: string,
  options: Omit<AskOptions, 'line'>,
): Promise<{ readonly lines: readonly object[]; readonly summary: Line }> {
  const lines: object[] = []
  let summary: Line = {}
  await askButcher(words, {
    ...options,
    line: (line) => {
      if (line['type'] === type) lines.push(withoutType(line))
      else if (line['type'] === 'summary') summary = line
    },
  })
  return { lines, summary }
}

export function withoutType({ type: _type, ...rest }: Line): object {
  return rest
}
