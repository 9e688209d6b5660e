/** A thread that hashes files for PAR2. */

import { answerQuestions } from '../threads/answering-thread.ts'
import { hashBlocks } from './hash-blocks.ts'

answerQuestions(hashBlocks)
