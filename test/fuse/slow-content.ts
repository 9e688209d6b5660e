/** Answers the reads of `slow` in the memory tree. */

import { workerData } from 'node:worker_threads'
import { answer } from '../../src/fuse/answer.ts'
import type { ContentThreadData, Pending } from '../../src/fuse/tree.ts'

const { data, port } = workerData as ContentThreadData<{ bytes: number }>
const content = Buffer.alloc(data.bytes, 'hello, world\n')

port.on('message', ({ offset, wanted, pending }: { offset: number; wanted: number; pending: Pending }) => {
  setTimeout(() => answer(pending, content.subarray(offset, offset + wanted)), 1)
})
