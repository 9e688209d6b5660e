/** Asks the daemon. The addresses are relative, so the page also works below a path of a proxy. */

import { signal } from '@preact/signals'

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string | null
  readonly field: string | undefined
  /** What needs a definition that should be removed. */
  readonly users: readonly string[]

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(typeof body['message'] === 'string' ? body['message'] : `the daemon answered with status ${status}`)
    this.status = status
    this.code = typeof body['code'] === 'string' ? body['code'] : 'internal'
    this.hint = typeof body['hint'] === 'string' ? body['hint'] : null
    this.field = typeof body['field'] === 'string' ? body['field'] : undefined
    this.users = Array.isArray(body['users']) ? (body['users'] as string[]) : []
  }
}

/** Whether the daemon wants a login first. */
export const loginWanted = signal(false)

export interface Answer<T> {
  readonly body: T
  readonly etag: string | null
}

const base = 'api/v1/'

export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  let response: Response
  try {
    response = await fetch(base + path, {
      method,
      credentials: 'same-origin',
      headers: method === 'GET' ? headers : { 'content-type': 'application/json', ...headers },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    })
  } catch {
    throw new ApiError(0, { code: 'network', message: 'the daemon does not answer' })
  }
  const text = await response.text()
  let parsed: unknown
  try {
    parsed = text === '' ? {} : JSON.parse(text)
  } catch {
    parsed = {}
  }
  if (response.status === 401 && path !== 'login') loginWanted.value = true
  if (!response.ok) throw new ApiError(response.status, parsed as Record<string, unknown>)
  return { body: parsed as T, etag: response.headers.get('etag') }
}

export const get = async <T>(path: string): Promise<T> => (await request<T>('GET', path)).body

export const post = async <T = unknown>(path: string, body?: unknown): Promise<T> =>
  (await request<T>('POST', path, body)).body

/** A POST that starts something: sent twice by accident, it still starts once. */
export const start = async <T>(path: string, body?: unknown): Promise<T> =>
  (await request<T>('POST', path, body, { 'idempotency-key': randomKey() })).body

/** crypto.randomUUID is missing on a page that came by plain HTTP from another host. */
const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The part of an address for a name. */
export const part = (name: string | number): string => encodeURIComponent(name)

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, { code: 'internal', message: String(error) })
