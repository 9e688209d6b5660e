/** Sizes in the form of users: `MB` = 10^6, `MiB` = 2^20. */

import { ButcherError } from '../errors.ts'

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** `650MB`, `4.7GiB`, `1000000` → bytes. Throws `usage`. */
export function parseSize(text: string, what = 'size'): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  const unit = match && units[(match[2] as string).toLowerCase()]
  if (!match || unit == null) {
    throw new ButcherError('usage', `${what} '${text}' is not a size`, {
      hint: 'write it like 650MB, 4.7GiB or 1000000',
    })
  }
  const bytes = Math.floor(Number(match[1]) * unit)
  if (bytes < 1 || !Number.isSafeInteger(bytes)) {
    throw new ButcherError('usage', `${what} '${text}' is out of range`, {
      hint: 'write it like 650MB, 4.7GiB or 1000000',
    })
  }
  return bytes
}

/** Bytes for a person, in decimal units: `24.2 GB`. */
export function showSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes
  let unit = -1
  do {
    value /= 1000
    unit++
  } while (value >= 999.5 && unit < 4)
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${'kMGTP'[unit]}B`
}
