/** The body of a job in the queue. */

import path from 'node:path'
import { openBox } from '../../crypto/sealed-box.ts'
import { ButcherError } from '../../errors.ts'

/** A job as it stands in the queue: the place of its file, and the key of that file. */
export interface JobBody {
  readonly folder: string
  readonly chunk: number
  readonly key: Uint8Array | undefined
}

/** Anybody who may write to the queue could have made it. Throws `key`, or `damaged`. */
export function openJobBody(text: string, workerKey: Uint8Array | undefined): JobBody {
  const isSealed = !text.startsWith('{')
  const plain = isSealed ? workerKey && openBox(workerKey, Buffer.from(text, 'base64')) : Buffer.from(text)
  if (!plain)
    throw new ButcherError('key', `a job is sealed by ${workerKey ? 'another' : 'a'} worker key`, {
      hint: 'give --worker-key with the key file of the backup',
    })
  try {
    const { folder, chunk, key } = JSON.parse(plain.toString()) as Record<string, unknown>
    if (typeof folder === 'string' && path.isAbsolute(folder) && Number.isSafeInteger(chunk))
      return {
        folder,
        chunk: chunk as number,
        key: typeof key === 'string' ? Buffer.from(key, 'base64') : isSealed ? workerKey : undefined,
      }
  } catch {
    // It says the same as a body with wrong fields.
  }
  throw new ButcherError('damaged', 'a job in the queue is not one of butcher')
}
