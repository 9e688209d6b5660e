/** Finds the parts of a split image. `split` names them .aa, .ab or .00, .01; partimage .000, .001. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError } from '../errors.ts'

/** The second form: each part is compressed by itself. */
const partName = /^(.+\.)([a-z]{2,4}|[0-9]{2,4})$/s
const packedPartName = /^(.+\.)([a-z]{2,4}|[0-9]{2,4})(\.(?:gz|zst|xz|lz4|bz2))$/s

/** Endings of whole files that look like one of two letters. */
const otherEndings = new Set(['gz', 'xz', 'lz', 'bz'])

/**
 * The files of the image whose first part, or only file, is `file`, in their order. Throws `source` if a part
 * in the middle is missing, `usage` if `file` is a later part, and `io`.
 */
export async function findParts(file: string): Promise<readonly string[]> {
  try {
    fs.statSync(file)
  } catch (error) {
    throw asButcherError(error, 'cannot open', file)
  }
  const name = path.basename(file)
  const [, stem, suffix, wrapping = ''] = packedPartName.exec(name) ?? partName.exec(name) ?? []
  if (stem === undefined || suffix === undefined) return [file]
  const found = suffixesOf(path.dirname(file), stem, suffix, wrapping)
  const first = firstSuffix(suffix, found)
  if (first === undefined) return [file]
  const run: string[] = []
  for (let next: string | undefined = first; next !== undefined && found.has(next); next = following(next)) {
    run.push(next)
  }
  const withName = (end: string): string => path.join(path.dirname(file), `${stem}${end}${wrapping}`)
  if (suffix !== first) {
    if (!run.includes(suffix)) return [file]
    throw new ButcherError('usage', `${file} is not the first part of the image`, {
      path: file,
      hint: `give ${withName(first)}`,
    })
  }
  const missing = following(run.at(-1) as string)
  const last = [...found]
    .filter((end) => !otherEndings.has(end))
    .sort()
    .at(-1) as string
  if (missing !== undefined && last > missing) {
    throw new ButcherError(
      'source',
      `${withName(missing)} is missing: ${path.basename(withName(last))} is there`,
      {
        path: withName(missing),
        hint: 'bring the part back into the folder of the others',
      },
    )
  }
  return run.map(withName)
}

/** The endings of the same kind and length in the folder. */
function suffixesOf(folder: string, stem: string, suffix: string, wrapping: string): ReadonlySet<string> {
  const isLetters = /[a-z]/.test(suffix)
  const found = new Set<string>()
  try {
    for (const name of fs.readdirSync(folder)) {
      if (!name.startsWith(stem) || !name.endsWith(wrapping)) continue
      const end = name.slice(stem.length, name.length - wrapping.length)
      if (end.length !== suffix.length) continue
      if (isLetters ? /^[a-z]+$/.test(end) : /^[0-9]+$/.test(end)) found.add(end)
    }
  } catch {
    // The folder may be closed to this user, and its files open.
    found.add(suffix)
  }
  return found
}

/** Counting begins with `aa` or `00`, in some programs with `01`. */
function firstSuffix(suffix: string, found: ReadonlySet<string>): string | undefined {
  const length = suffix.length
  const candidates = /[a-z]/.test(suffix)
    ? ['a'.repeat(length)]
    : ['0'.repeat(length), '1'.padStart(length, '0')]
  return candidates.find((first) => found.has(first))
}

/** `ab` after `aa`, `ba` after `az`, `10` after `09`. */
function following(suffix: string): string | undefined {
  const [first, last] = /[a-z]/.test(suffix) ? ['a', 'z'] : ['0', '9']
  for (let i = suffix.length - 1; i >= 0; i--) {
    if (suffix[i] === last) continue
    const next = String.fromCharCode(suffix.charCodeAt(i) + 1)
    return suffix.slice(0, i) + next + (first as string).repeat(suffix.length - 1 - i)
  }
  return undefined
}
