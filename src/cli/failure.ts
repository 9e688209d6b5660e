/** The message of an error, and the exit status. */

import os from 'node:os'
import { ButcherError, type ErrorCode, exitStatus, systemCode, systemText, WrongField } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { isOptionName } from './options.ts'

/** Any error as one of ours. An unforeseen one becomes `internal`. */
export function asFailure(error: unknown): ButcherError {
  if (error instanceof WrongField) return wrongOption(error)
  if (error instanceof ButcherError) return error
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'string' && code.startsWith('SQLITE_')) return catalogFailure(code, error as Error)
  if (systemCode(error) !== undefined) {
    const { path } = error as NodeJS.ErrnoException
    return new ButcherError('io', path === undefined ? systemText(error) : `${path}: ${systemText(error)}`, {
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new ButcherError('internal', message === '' ? 'an error without a message' : message, {
    cause: error,
    hint: 'a fault of butcher; please report it; BUTCHER_DEBUG=1 shows the stack',
  })
}

/** The same in the words of the command line. */
function wrongOption(error: WrongField): ButcherError {
  const { field, problem, hint } = error
  const last = field.replace(/\[\d+\]/g, '').replace(/^.*\./, '')
  const name = last.replace(/Bytes$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const option = [name, name.replace(/s$/, '')].find(isOptionName)
  if (option === undefined) return error
  return new ButcherError('usage', `--${option} ${problem}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}

function catalogFailure(code: string, cause: Error): ButcherError {
  return code === 'SQLITE_FULL'
    ? new ButcherError('no-space', `no space left on the device for a temporary file in ${os.tmpdir()}`, {
        cause,
        hint: 'make room, or name another folder by TMPDIR',
      })
    : new ButcherError('catalog', `the catalog cannot be read: ${cause.message}`, {
        cause,
        hint: 'every disc carries a catalog: name another disc, or one with --index',
      })
}

/** One line, without anything that a terminal would act on. */
export const failureLine = ({ message, hint }: ButcherError): string =>
  showPath(`error: ${message}${hint === undefined ? '' : ` (${hint})`}`)

const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  usage: exitStatus.usage,
  'no-set': exitStatus.noSet,
  locked: exitStatus.locked,
  secret: exitStatus.secret,
  key: exitStatus.secret,
  aborted: exitStatus.stopped,
}

export const failureStatus = (error: ButcherError): number => statuses[error.code] ?? exitStatus.failed
