import os from 'node:os'

/** Why a command could not do its work. The command line turns it into one line and an exit status. */
export type ErrorCode =
  | 'usage' // the words of the call are wrong: exit status 2
  | 'source' // the source is not there or not readable
  | 'destination' // the destination cannot be used
  | 'no-match' // nothing matches the patterns of the call
  | 'no-space' // the destination is full
  | 'medium' // nothing fits the medium
  | 'secret' // a passphrase or key is missing or wrong
  | 'key' // a key cannot be used: expired, revoked, or of a kind that is not known
  | 'no-set' // there is no set at the place given, or none with a finished backup
  | 'catalog' // no catalog of ours, a damaged one, or one that is newer than this program
  | 'damaged' // what was read does not match what the catalog says
  | 'missing-disc' // chunks are on discs that are not there
  | 'exists' // something different stands where a file should go
  | 'locked' // another run works on the destination
  | 'program' // an optional program is missing, or failed
  | 'aborted' // the user stopped the run
  | 'io' // the system refused a read or a write
  | 'internal' // a fault of butcher

export interface ErrorDetails {
  /** The path with the problem. */
  readonly path?: string
  /** A possible remedy for the user: one sentence, lower case. */
  readonly hint?: string
  /** If another passphrase may help: the thing that it opens, `theSet` or the name of a key. */
  readonly passphraseOf?: string
  readonly cause?: unknown
}

export const theSet = 'the set'

/** The only error class. `message` names the failure and its path, `hint` the remedy. */
export class ButcherError extends Error {
  override readonly name = 'ButcherError'
  readonly code: ErrorCode
  readonly path: string | undefined
  readonly hint: string | undefined
  readonly passphraseOf: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.path = details.path
    this.hint = details.hint
    this.passphraseOf = details.passphraseOf
  }
}

/** An option with a wrong value. `field` is its name in the library, and `problem` continues the sentence. */
export class WrongField extends ButcherError {
  readonly field: string
  readonly problem: string

  constructor(verb: string, field: string, problem: string, hint?: string) {
    super('usage', `${verb}: ${field} ${problem}`, hint === undefined ? {} : { hint })
    this.field = field
    this.problem = problem
  }
}

/** The error of a run that the user stopped. */
export const stopped = (message = 'stopped', details: ErrorDetails = {}): ButcherError =>
  new ButcherError('aborted', message, details)

/** Throws `aborted` once the user has stopped the run. `cause`: the error that the stop led to, if any. */
export function throwIfAborted(signal: AbortSignal | undefined, cause?: unknown): void {
  if (signal?.aborted) throw stopped(undefined, { cause: cause ?? signal.reason })
}

/** The exit statuses of the contract. */
export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  incomplete: 3,
  noSet: 10,
  locked: 11,
  secret: 12,
  /** The status that a shell gives for a program that SIGINT ended. */
  stopped: 130,
} as const

const systemTexts: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is too large for the file system, or for ulimit -f',
  EROFS: 'the file system is read-only',
  EIO: 'input/output error',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  ENOTEMPTY: 'the directory is not empty',
  EEXIST: 'exists already',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long for this file system',
  ELOOP: 'too many symbolic links',
  ENOTSUP: 'this file system does not have it',
  EBUSY: 'the file is busy',
}

/** The words for a system error (`ENOENT` ...), or the message of any other error. */
export function systemText(error: unknown): string {
  const code = systemCode(error)
  if (code !== undefined) return systemTexts[code] ?? code
  return error instanceof Error ? error.message : String(error)
}

export function systemCode(error: unknown): string | undefined {
  const { code, errno } = (error ?? {}) as { readonly code?: unknown; readonly errno?: unknown }
  if (typeof code !== 'string') return undefined
  if (/^E[A-Z0-9]+$/.test(code)) return code
  // Node does not know all codes: EDQUOT is "Unknown system error -122" for it.
  if (!code.startsWith('Unknown system error') || typeof errno !== 'number') return undefined
  return Object.entries(os.constants.errno).find(([, number]) => number === -errno)?.[0]
}

/** Wraps a system error on `path` as `doing PATH: words`. Errors of butcher pass unchanged. */
export function asButcherError(error: unknown, doing: string, path: string): ButcherError {
  if (error instanceof ButcherError) return error
  if ((error as Error | null)?.name === 'AbortError') return stopped(undefined, { cause: error })
  const code = systemCode(error)
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  return new ButcherError(full ? 'no-space' : 'io', `${doing} ${path}: ${systemText(error)}`, {
    path,
    cause: error,
    ...(full ? { hint: 'make room, then run the same command again to continue' } : {}),
  })
}
