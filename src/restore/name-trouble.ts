/** Explains names and file types that a file system does not support. */

import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { isTextPath } from '../format/path-text.ts'
import { FolderCheck } from './safe-path.ts'
import { NotRestored } from './not-restored.ts'

const nameCodes = new Set(['EILSEQ', 'EINVAL', 'ENAMETOOLONG', 'ENOENT'])

/**
 * Runs `doing`, which reads the path `name` or gives this name to `made`. If the file system refuses the
 * name, only that path fails. exFAT reports "no such file" then; other file systems use other codes.
 */
export function withName<Result>(
  destination: string,
  name: string,
  doing: () => Result,
  made?: string,
): Result {
  try {
    return doing()
  } catch (error) {
    const code = systemCode(error) ?? ''
    if (!nameCodes.has(code) || (made !== undefined && !fs.existsSync(made))) throw error
    if (!new FolderCheck(destination).hasFolderOf(name)) throw error
    throw new NotRestored(`this file system cannot hold its name: ${nameTrouble(code, name)}`, {
      cause: error,
    })
  }
}

/** With any extension. Source: Microsoft, "Naming Files, Paths, and Namespaces". */
const deviceName = /^(?:aux|con|nul|prn|(?:com|lpt)[1-9¹²³])(?:\..*)?$/i

function nameTrouble(code: string, name: string): string {
  const base = name.slice(name.lastIndexOf('/') + 1)
  if (code === 'ENAMETOOLONG') return 'it is too long'
  if (!isTextPath(base)) return 'it is not UTF-8'
  // oxlint-disable-next-line no-control-regex
  const special = /["*:<>?\\|\u0000-\u001f\u007f]/.exec(base)?.[0]
  if (special !== undefined) return `it contains the character ${JSON.stringify(special)}`
  if (/[. ]$/.test(base)) return 'it ends with a dot or a blank'
  return deviceName.test(base)
    ? 'Windows reserves it for a device'
    : 'it contains a character that is not allowed'
}

const kindCodes = new Set(['ENOSYS', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'])

/** Runs `doing`, which makes a file of this `kind` in a folder of this run. */
export function withKind(kind: string, doing: () => void): void {
  try {
    doing()
  } catch (error) {
    if (!kindCodes.has(systemCode(error) ?? '')) throw error
    throw new NotRestored(`this file system does not take ${kind}`, { cause: error })
  }
}
