/** The walk's thread. It waits while it is too far ahead of the reader. */

import { parentPort, workerData } from 'node:worker_threads'
import { watchedFilter } from '../files/path-filter.ts'
import { pace } from '../progress.ts'
import { toPlain } from '../threads/plain-error.ts'
import { BatchWriter } from './entry-batch.ts'
import type { SourceProblem } from './source-entry.ts'
import type { FromWalk, WalkSetup } from './walk-thread.ts'
import { walk } from './walk.ts'

const { source, filter, leaveOut, oneFileSystem, batchEntries, mostAhead, ahead } = workerData as WalkSetup
const port = parentPort as NonNullable<typeof parentPort>

/** Even on a slow file system, a batch is sent after this time. */
const longestMs = 100

const waiting = new Int32Array(ahead)
const batch = new BatchWriter(batchEntries)
let problems: SourceProblem[] = []
let left: { readonly path: string; readonly key: string }[] = []
const isDue = pace(longestMs)
isDue(true)

function send(): void {
  const entries = batch.take()
  const message: FromWalk = { found: 'some', entries, problems, left }
  port.postMessage(message, [entries.wide.buffer, entries.narrow.buffer])
  problems = []
  left = []
  let behind = Atomics.add(waiting, 0, 1) + 1
  for (; behind > mostAhead; behind = Atomics.load(waiting, 0)) Atomics.wait(waiting, 0, behind)
  isDue(true)
}

const { takes, enters, unmatched } = watchedFilter(filter)
try {
  const entries = walk(source, {
    takeFile: (file) => takes(file, false),
    takeFolder: enters,
    leaveOut: new Set(leaveOut),
    oneFileSystem,
    onLeftOut: (path, key) => void left.push({ path, key }),
    onProblem: (problem) => void problems.push(problem),
  })
  let count = 0
  for (const entry of entries) {
    batch.add(entry)
    if (batch.isFull || ((++count & 0x3f) === 0 && isDue())) send()
  }
  send()
  port.postMessage({ found: 'all', unmatched: unmatched() } satisfies FromWalk)
} catch (error) {
  port.postMessage({ found: 'trouble', error: toPlain(error) } satisfies FromWalk)
}
