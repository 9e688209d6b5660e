import { ButcherError } from '../errors.ts'

/** An image that cannot be read as one. The path is added by the function that opens it. */
export const damagedImage = (message: string, hint?: string): ButcherError =>
  new ButcherError('damaged', message, hint === undefined ? {} : { hint })
