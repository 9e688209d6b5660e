/** Reads the fields of bodies and addresses, with an error that names the field. */

import { checkFields, type Field } from '../options/check-fields.ts'
import type { ApiRequest } from './route.ts'
import { wrongRequest } from './api-error.ts'

/** The body, checked against a table of its fields. An absent body is an empty one. */
export function checkedBody<Body>({ body }: ApiRequest, fields: Readonly<Record<keyof Body, Field>>): Body {
  const given = body ?? {}
  checkFields('the request', fields, given)
  return given as Body
}

/** A whole number of the address, from `least` to `most`. */
export function numberOf(
  { query }: ApiRequest,
  name: string,
  { least, most, otherwise }: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const text = query.get(name)
  if (text === null || text === '') return otherwise
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least))
    throw wrongRequest(`${name} must be a whole number from ${least} on`, { field: name })
  return Math.min(value, most)
}

/** A number in the path. */
export function numberParam({ params }: ApiRequest, name: string): number {
  const text = params[name] as string
  if (!/^\d{1,15}$/.test(text)) throw wrongRequest(`'${text}' is not a number`, { field: name })
  return Number(text)
}
