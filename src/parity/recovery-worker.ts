/** A thread that computes a share of the recovery blocks. */

import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../threads/answering-thread.ts'
import { RecoveryShare, type ShareQuestion, type ShareSetup } from './recovery-share.ts'

const share = new RecoveryShare(workerData as ShareSetup)
answerQuestions((question: ShareQuestion) => share.answer(question))
