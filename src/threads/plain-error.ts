/** Errors as they cross threads: of a cloned error only message and stack would arrive. */

import { ButcherError, type ErrorCode } from '../errors.ts'

export interface PlainError {
  /** Whether it is a `ButcherError`. */
  readonly isOurs: boolean
  readonly message: string
  readonly stack: string | undefined
  /** Its other fields, as far as it has them. */
  readonly fields: Readonly<Record<string, string | number>>
  readonly cause: PlainError | undefined
}

const keptFields = ['code', 'path', 'hint', 'passphraseOf', 'errno', 'syscall'] as const
/** An error may be its own cause. */
const mostCauses = 8

export function toPlain(error: unknown, causes = mostCauses): PlainError {
  if (!(error instanceof Error))
    return { isOurs: false, message: String(error), stack: undefined, fields: {}, cause: undefined }
  const fields: Record<string, string | number> = {}
  for (const key of keptFields) {
    const value = (error as unknown as Record<string, unknown>)[key]
    if (typeof value === 'string' || typeof value === 'number') fields[key] = value
  }
  return {
    isOurs: error instanceof ButcherError,
    message: error.message,
    stack: error.stack,
    fields,
    cause: error.cause === undefined || causes === 0 ? undefined : toPlain(error.cause, causes - 1),
  }
}

/** The error again, of its class, with the stack that it had in its thread. */
export function fromPlain({ isOurs, message, stack, fields, cause }: PlainError): Error {
  const reason = cause === undefined ? {} : { cause: fromPlain(cause) }
  const error = isOurs
    ? new ButcherError(fields.code as ErrorCode, message, { ...fields, ...reason })
    : Object.assign(new Error(message, reason), fields)
  if (stack !== undefined) error.stack = stack
  return error
}
