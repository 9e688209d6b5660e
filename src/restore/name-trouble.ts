/** Explains names and file types that a file system does not support. */

import fs from 'node:fs'
import { systemCode } from '../errors.ts'
import { windowsNameTrouble } from '../format/system-name.ts'
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

function nameTrouble(code: string, name: string): string {
  if (code === 'ENAMETOOLONG') return 'it is too long'
  return (
    windowsNameTrouble(name.slice(name.lastIndexOf('/') + 1)) ?? 'it contains a character that is not allowed'
  )
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
