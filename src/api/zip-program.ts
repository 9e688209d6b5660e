/**
 * The program that makes a zip file, so that a large set costs the daemon neither time nor memory. Its parent
 * sends one order, and gets one answer; the bytes go to stdout.
 */

import { once } from 'node:events'
import { zip, type ZipFacts } from '../commands/zip/zip.ts'
import { type PlainError, toPlain } from '../threads/plain-error.ts'

export interface ZipOrder {
  readonly from: string
  readonly backup: number
  readonly paths: readonly string[]
  readonly passphrase: string | undefined
  /** Only the facts are wanted. */
  readonly plansOnly: boolean
}

export type ZipAnswer =
  | { readonly type: 'facts'; readonly facts: ZipFacts }
  | { readonly type: 'failed'; readonly error: PlainError }

const stop = new AbortController()
/** A parent that is gone does not want the file any more. */
process.once('disconnect', () => process.exit(1))
process.once('message', (order: ZipOrder) => void serve(order))

const send = (answer: ZipAnswer): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(answer, () => resolve())
    else resolve()
  })

async function serve({ passphrase, plansOnly, ...order }: ZipOrder): Promise<void> {
  try {
    const secret = passphrase === undefined ? {} : { passphrase }
    await zip({ ...order, ...secret, signal: stop.signal }, async (facts, bytes) => {
      await send({ type: 'facts', facts })
      if (plansOnly) return
      for await (const piece of bytes) if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
    })
    process.exitCode = 0
  } catch (error) {
    await send({ type: 'failed', error: toPlain(error) })
    process.exitCode = 1
  }
  process.removeAllListeners('disconnect')
  process.disconnect?.()
}
