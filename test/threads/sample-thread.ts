/** A thread for start-thread.test.ts: does as it is told. */

import { parentPort } from 'node:worker_threads'
import { ButcherError } from '../../src/errors.ts'
import { toPlain } from '../../src/threads/plain-error.ts'

parentPort?.on('message', (what: string) => {
  if (what === 'exit') process.exit(3)
  if (what === 'throw') throw new RangeError('out of range')
  if (what === 'fail') {
    const cause = Object.assign(new Error('no room'), { code: 'ENOSPC', errno: -28, syscall: 'write' })
    parentPort?.postMessage(
      toPlain(new ButcherError('io', 'cannot write', { path: '/a', hint: 'do', cause })),
    )
  } else {
    parentPort?.postMessage(what)
  }
})
