/** Starts a worker thread, and notices its end. */

import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads'
import { ButcherError } from '../errors.ts'
import { threadSource } from '../own-files.ts'

export interface ThreadOptions<FromThread> {
  /** Names the thread in messages: `a pack thread`. */
  readonly name: string
  /** Its `workerData`. */
  readonly data?: unknown
  /** The parts of `data` that move to the thread, such as ports. */
  readonly transfer?: readonly Transferable[]
  readonly resourceLimits?: ResourceLimits
  readonly onMessage: (message: FromThread) => void
  /**
   * Called once if the thread fails, or ends before `end` is called. All its messages have arrived by then.
   */
  readonly onDeath: (error: ButcherError) => void
}

export interface Thread<ToThread> {
  readonly send: (message: ToThread) => void
  /** Ends the thread, whatever it does. */
  readonly end: () => Promise<void>
  /** Resolves when the thread is gone. */
  readonly gone: Promise<void>
}

/** `program` is a `.ts` file beside the caller. */
export function startThread<ToThread, FromThread>(
  program: URL,
  { name, data, transfer, resourceLimits, onMessage, onDeath }: ThreadOptions<FromThread>,
): Thread<ToThread> {
  const { source, eval: isText } = threadSource(program)
  const worker = new Worker(source, {
    eval: isText,
    workerData: data,
    // The options that node itself was started with (`--input-type`, say) may not fit a file.
    execArgv: [],
    ...(transfer === undefined ? {} : { transferList: [...transfer] }),
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  })
  let isOver = false
  const die = (how: string, cause?: unknown): void => {
    if (isOver) return
    isOver = true
    onDeath(new ButcherError('internal', `${name} ${how}`, cause === undefined ? {} : { cause }))
  }
  worker.on('message', onMessage)
  worker.on('error', (cause: unknown) => die(`died: ${cause}`, cause))
  const gone = new Promise<void>((resolve) => {
    worker.on('exit', (status) => {
      die(`ended by itself, with status ${status}`)
      resolve()
    })
  })
  return {
    send: (message) => worker.postMessage(message),
    end: async () => {
      isOver = true
      await worker.terminate()
    },
    gone,
  }
}
