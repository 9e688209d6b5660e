import { aPath, type Fields, flag, type Kind, optional, runFields } from '../options/check-fields.ts'
import type { OpenPartitionOptions } from './open-options.ts'

const mostFillDigits = 8192

/** A pattern of bytes in hex. */
export const hexPattern: Kind = {
  expected: `bytes in hex, such as ff or deadbeef, at most ${mostFillDigits} digits`,
  fits: (value) =>
    typeof value === 'string' && value.length <= mostFillDigits && /^(?:[0-9a-f]{2})+$/i.test(value),
}

/** The fields of every function that opens a partition image. */
export const openFields: Fields<OpenPartitionOptions> = {
  ...runFields,
  fill: optional(hexPattern),
  bootSectorCopy: optional(flag),
  ignoreChecksums: optional(flag),
  cacheDir: optional(aPath),
}
