/** A thread that answers questions, one after the other. */

import { parentPort } from 'node:worker_threads'
import { fromPlain, type PlainError, toPlain } from './plain-error.ts'
import { startThread, type ThreadOptions } from './start-thread.ts'

export interface AnsweringThread<Question, Answer> {
  /** Rejects with the error of the thread's function, or if the thread is dead. */
  readonly ask: (question: Question) => Promise<Answer>
  /** Ends the thread, whatever it does. */
  readonly end: () => Promise<void>
}

type FromThread<Answer> = { readonly answer: Answer } | { readonly error: PlainError }

/** `program` calls `answerQuestions`. */
export function startAnsweringThread<Question, Answer>(
  program: URL,
  options: Pick<ThreadOptions<unknown>, 'name' | 'data'>,
): AnsweringThread<Question, Answer> {
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = []
  let failure: Error | undefined
  const thread = startThread<Question, FromThread<Answer>>(program, {
    ...options,
    onMessage: (message) => {
      const first = waiting.shift()
      if ('error' in message) first?.reject(fromPlain(message.error))
      else first?.resolve(message.answer)
    },
    onDeath: (error) => {
      failure = error
      for (const { reject } of waiting.splice(0)) reject(error)
    },
  })
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        waiting.push({ resolve, reject })
        thread.send(question)
      }),
    end: () => thread.end(),
  }
}

/** The thread's side. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer): void {
  const port = parentPort
  if (!port) throw new Error('this file runs as a worker thread')
  port.on('message', (question: Question) => {
    try {
      port.postMessage({ answer: answer(question) })
    } catch (error) {
      port.postMessage({ error: toPlain(error) })
    }
  })
}
