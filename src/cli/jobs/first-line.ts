import fs from 'node:fs'
import { systemText } from '../../errors.ts'
import { usageError } from '../split-words.ts'

/** The first line of a file, which may be a pipe. Throws `usage`. */
export async function firstLineOf(file: string): Promise<string> {
  try {
    return (await fs.promises.readFile(file, 'utf8')).split('\n', 1)[0] as string
  } catch (cause) {
    throw usageError(`cannot read ${file}: ${systemText(cause)}`)
  }
}
