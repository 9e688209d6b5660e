/** Errors of requests, as their callers get them. */

import { ButcherError, type ErrorCode, systemText, WrongField } from '../errors.ts'
import type { Answer } from './answer.ts'

interface ErrorDetails {
  readonly hint?: string
  readonly field?: string
  readonly users?: readonly string[]
  readonly retryAfter?: number
}

/** An answer that is an error of HTTP, not of butcher. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly details: ErrorDetails

  constructor(status: number, code: string, message: string, details: ErrorDetails = {}) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }
}

export const wrongRequest = (message: string, details?: ErrorDetails): ApiError =>
  new ApiError(400, 'usage', message, details)
export const notThere = (message: string): ApiError => new ApiError(404, 'no-match', message)

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  usage: 400,
  locked: 409,
  exists: 409,
  'no-match': 404,
  'no-set': 404,
  secret: 409,
  program: 502,
  destination: 502,
}

export function answerOfError(error: unknown): Answer {
  if (error instanceof ApiError) {
    const { status, code, message, details } = error
    const { hint, field, users, retryAfter } = details
    return {
      status,
      body: {
        code,
        message,
        hint: hint ?? null,
        ...(field === undefined ? {} : { field }),
        ...(users === undefined ? {} : { users }),
      },
      ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
    }
  }
  if (error instanceof ButcherError) {
    const { code, message, hint } = error
    return {
      status: statusOfCode[code] ?? 500,
      body: {
        code,
        message,
        hint: hint ?? null,
        ...(error instanceof WrongField ? { field: error.field } : {}),
      },
    }
  }
  return { status: 500, body: { code: 'internal', message: systemText(error), hint: null } }
}
