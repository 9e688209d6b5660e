/** The address of the queue that a call or its environment gives. */

import fs from 'node:fs'
import { asButcherError } from '../errors.ts'
import { text } from './arguments.ts'
import type { Arguments } from './command.ts'
import { usageError } from './split-words.ts'

const queueVariable = 'BUTCHER_QUEUE'

/** An option wins over the environment. Throws `usage`, or `io` if the file cannot be read. */
export function queueOfCall(args: Arguments): string | undefined {
  const [url, file] = [text(args, 'queue'), text(args, 'queue-file')]
  if (url !== undefined && file !== undefined)
    throw usageError('give one of --queue and --queue-file, not both')
  if (file !== undefined) return firstLine(file)
  return url ?? (process.env[queueVariable] || undefined)
}

function firstLine(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').split('\n', 1)[0] as string
  } catch (error) {
    throw asButcherError(error, 'cannot read the address of the queue in', file)
  }
}
