/**
 * The thread that talks to the kernel: it reads a request, answers it, and reads the next. It blocks in the
 * read, so messages to it do not arrive; it ends when the file system is unmounted.
 */

import fs from 'node:fs'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { systemCode } from '../errors.ts'
import { importProgram } from '../own-files.ts'
import { toPlain } from '../threads/plain-error.ts'
import { writeAnswer } from './answer.ts'
import { type Answering, answering } from './answer-request.ts'
import { logLine } from './log-line.ts'
import type { FromLoop, LoopSetup, ToLoop } from './messages.ts'
import { requestBytes } from './protocol.ts'
import type { CreateTree, FuseTree } from './tree.ts'

const setup = workerData as LoopSetup
const port = parentPort as MessagePort
const send = (message: FromLoop): void => port.postMessage(message)

let isContentWanted = false

/** Until the file system is mounted, a read fails with EPERM. */
const untilMountedMs = 2

try {
  const { createTree } = (await importProgram(new URL(setup.tree.program))) as {
    createTree: CreateTree<unknown>
  }
  const tree = await createTree(setup.tree.data, {
    contentPorts: setup.contentPorts,
    startContent,
    log: logLine,
    report: (event) => send({ type: 'event', event }),
  })
  port.once('message', ({ descriptor }: ToLoop) => {
    send(descriptor < 0 ? { type: 'unmounted' } : serve(tree, descriptor))
    close()
  })
  send({ type: 'opened', about: tree.about })
} catch (error) {
  send({ type: 'failed', error: toPlain(error) })
  close()
}

function startContent(): void {
  if (isContentWanted) return
  isContentWanted = true
  send({ type: 'content-wanted' })
}

function close(): void {
  port.close()
  for (const content of setup.contentPorts) content.close()
}

function serve(tree: FuseTree, descriptor: number): FromLoop {
  try {
    const { answerRequest } = answering(tree, descriptor, logLine)
    const request = Buffer.from(new ArrayBuffer(requestBytes))
    for (;;) {
      const bytes = readRequest(descriptor, request)
      if (bytes === 'unmounted') break
      answerOne(answerRequest, request.subarray(0, bytes), descriptor)
    }
    tree.close?.()
    return { type: 'unmounted' }
  } catch (error) {
    return { type: 'failed', error: toPlain(error) }
  }
}

function answerOne(answerRequest: Answering['answerRequest'], request: Buffer, descriptor: number): void {
  const pieces = answerRequest(request)
  if (pieces) writeAnswer(descriptor, pieces)
}

let wasRead = false

function readRequest(descriptor: number, request: Buffer): number | 'unmounted' {
  for (;;) {
    try {
      const bytes = fs.readSync(descriptor, request, 0, request.length, null)
      wasRead = true
      return bytes
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENODEV') return 'unmounted'
      // ENOENT: the request was aborted before it was read. EINTR: a signal.
      if (code === 'ENOENT' || code === 'EINTR' || code === 'EAGAIN') continue
      if (code !== 'EPERM' || wasRead) throw error
      if (receiveMessageOnPort(port) !== undefined) return 'unmounted'
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, untilMountedMs)
    }
  }
}
