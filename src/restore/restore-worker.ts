/** A worker thread of a restore: reads one chunk at a time, and installs its files. */

import fs from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { asButcherError, ButcherError, stopped, systemCode } from '../errors.ts'
import { endPrograms } from '../programs/run-program.ts'
import { pace } from '../progress.ts'
import { type PlainError, toPlain } from '../threads/plain-error.ts'
import { FileWriter } from './file-writer.ts'
import { MissedSum } from './missed-sum.ts'
import { hashOf } from './install-file.ts'
import { openPlan } from './plan-tables.ts'
import { completeZeros } from './content-file.ts'
import { restoreChunk } from './restore-chunk.ts'
import type { ChunkOutcome } from './chunk-reading.ts'
import type { FromWorker, StopMessage, Task, WorkerSetup } from './protocol.ts'

const setup = workerData as WorkerSetup
const send = (message: FromWorker): void => parentPort?.postMessage(message)

const failuresInMessage = 500

let files = 0
let bytes = 0
const isDue = pace()
let failures: { path: string; reason: string }[] = []
const missedSum = new MissedSum()

function sendProgress(): void {
  isDue(true)
  if (files > 0) send({ did: 'some', files, bytes })
  files = 0
  bytes = 0
  if (failures.length > 0) send({ did: 'fail', paths: failures })
  failures = []
  const missed = missedSum.take()
  if (missed !== undefined) send({ did: 'miss', missed })
}

function checkStop(): void {
  if (Atomics.load(setup.stop, 0) !== 0) throw stopped()
}

const plan = openPlan(setup.planFile)
const fileWriter = new FileWriter(
  plan,
  setup.placing,
  {
    restored: (sizeBytes) => {
      files++
      bytes += sizeBytes
      if (isDue()) sendProgress()
      checkStop()
    },
    failed: (path, reason) => {
      failures.push({ path, reason })
      if (failures.length >= failuresInMessage) sendProgress()
    },
    missed: (path, missed) => missedSum.record(path, missed),
  },
  String(setup.worker),
)

const nothingLost: ChunkOutcome = { parts: [], lost: [], damage: undefined }

async function perform(task: Task): Promise<ChunkOutcome> {
  switch (task.do) {
    case 'chunk':
      return restoreChunk(
        { plan, fileWriter, secrets: setup.secrets, threads: setup.threads, checkStop },
        task.source,
      )
    case 'join': {
      const content = fileWriter.content(task.content)
      // The caller reads the whole back from the disk.
      if (setup.placing.disk) {
        fileWriter.count(content)
        return nothingLost
      }
      const gathered = fileWriter.gatheringFile(task.content)
      if (!completeZeros(gathered, content.size, fileWriter.hasHoles(task.content))) {
        const reason = 'the file system cannot hold a file of its size'
        return { ...nothingLost, lost: [{ content: task.content, part: 0, reason }] }
      }
      if (hashOf(gathered, setup.placing.hash).equals(content.hash)) {
        fileWriter.writeTargets(content, { path: gathered, descriptor: fs.openSync(gathered, 'r') })
        return nothingLost
      }
      const reason = 'its parts do not make the content that the catalog has'
      return { ...nothingLost, lost: [{ content: task.content, part: 0, reason }] }
    }
    case 'empty': {
      const wrong = task.contents.filter((id) => !fileWriter.writeEmptyTargets(fileWriter.content(id)))
      const reason = 'the catalog has a wrong hash for it'
      return { ...nothingLost, lost: wrong.map((content) => ({ content, part: 0, reason })) }
    }
  }
}

function asPlainError(error: unknown): PlainError {
  const known =
    error instanceof ButcherError
      ? error
      : systemCode(error) !== undefined
        ? asButcherError(error, 'cannot write below', setup.placing.destination)
        : new ButcherError(
            'internal',
            `restoring failed: ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
          )
  return toPlain(known)
}

parentPort?.on('message', (task: Task | StopMessage) => {
  if (task.do === 'stop') return void endPrograms()
  perform(task)
    .then(
      (outcome): FromWorker => ({ did: 'task', outcome }),
      (error: unknown): FromWorker => ({ did: 'break', error: asPlainError(error) }),
    )
    .then((answer) => {
      sendProgress()
      send(answer)
    })
})

send({ did: 'start' })
