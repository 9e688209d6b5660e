/** A thread that hashes pieces of an image. */

import { createHash } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../threads/answering-thread.ts'
import type { HashQuestion, HashSetup } from './hash-thread.ts'

const { memory, pieceBytes } = workerData as HashSetup
const hash = createHash('sha256')

answerQuestions((question: HashQuestion): string => {
  if (question === 'end') return hash.digest('hex')
  hash.update(new Uint8Array(memory, question.slot * pieceBytes, question.length))
  return ''
})
