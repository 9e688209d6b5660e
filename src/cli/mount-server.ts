/**
 * The program that serves a mount in the background. Its parent sends one order, and gets one answer; then
 * the two have nothing more to do with each other. stderr is the log.
 */

import { logLine } from '../fuse/log-line.ts'
import { mountTree } from '../fuse/mount.ts'
import type { ThreadProgram } from '../fuse/tree.ts'
import { exitStatus } from '../errors.ts'
import { toPlain } from '../threads/plain-error.ts'
import { endProcess } from './end-process.ts'
import { asFailure, failureLine } from './failure.ts'
import type { FromMountServer, MountOrder, PlainProgram } from './mount-order.ts'

const stop = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort())

/** A parent that is gone does not want the mount any more. */
const orphaned = (): void => stop.abort()
process.once('disconnect', orphaned)
process.once('message', (order: MountOrder) => void serve(order))

async function serve({ tree, content, ...order }: MountOrder): Promise<never> {
  const send = (answer: FromMountServer): Promise<void> =>
    new Promise((resolve) => {
      if (process.connected) process.send?.(answer, () => resolve())
      else resolve()
    })
  let isMounted = false
  try {
    const { folder, about, done } = await mountTree({
      ...order,
      tree: threadProgram(tree),
      content: content.map(threadProgram),
      report: (event) => void send({ type: 'event', event }),
      signal: stop.signal,
    })
    isMounted = true
    logLine(`mounted ${order.source} on ${folder}`)
    process.off('disconnect', orphaned)
    await send({ type: 'mounted', folder, about, memoryBytes: process.memoryUsage.rss() })
    if (process.connected) process.disconnect()
    await done
    logLine(`unmounted ${folder}`)
    return endProcess(exitStatus.done)
  } catch (error) {
    logLine(failureLine(asFailure(error)))
    if (!isMounted) await send({ type: 'failed', error: toPlain(error) })
    return endProcess(exitStatus.failed)
  }
}

const threadProgram = ({ program, data }: PlainProgram): ThreadProgram => ({
  program: new URL(program),
  data,
})
