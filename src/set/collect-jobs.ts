/** Takes the answers of the jobs that an earlier run left. Call it under the lock. */

import fs from 'node:fs'
import path from 'node:path'
import { getMeta, rowFinder } from '../catalog/working-catalog.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import type { Report } from '../events.ts'
import { counted } from '../format/counted-text.ts'
import { jobsFolder } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import { jobsIn } from '../pack/job-files.ts'
import { inspectDestination, type WorkFolders } from './destination.ts'
import { applyJournal } from './journal.ts'
import type { OpenSet } from './open-set.ts'
import {
  forgetPlanned,
  type JobFolder,
  openJobFolder,
  plannedFolder,
  removeEmptyFolder,
  removeJobFolder,
} from './job-folder.ts'
import { checkTry, takeChunks } from './take-chunks.ts'

export interface CollectOptions {
  readonly set: OpenSet
  readonly destination: string
  readonly folders: WorkFolders
  readonly secrets: OpenedSecrets
  readonly report: Report
}

/** The set with these chunks. Throws `locked` if jobs that were planned for others have no answer yet. */
export async function withAnswers(options: CollectOptions): Promise<OpenSet> {
  const { set, destination, secrets } = options
  if ((await collectJobs(options)) === 0) return set
  const { end, take } = await applyJournal(set.db, inspectDestination(destination), secrets)
  const hash = getMeta(set.db, 'hash') as OpenSet['hash']
  return { ...set, hash, journal: { end: end ?? set.journal.end, take: take ?? set.journal.take } }
}

/** Puts the chunks onto their discs, and their records into the journal. Returns their number. */
async function collectJobs(options: CollectOptions): Promise<number> {
  const { folders, report } = options
  let taken = 0
  const planned = plannedFolder(folders.work)
  if (planned !== undefined) {
    if (fs.existsSync(planned)) taken += await collectFrom(planned, options, refuseMissing)
    else
      report({
        type: 'note',
        message: `the jobs in ${showPath(planned)} are gone: their files are packed here`,
      })
    forgetPlanned(folders.work)
  }
  const own = path.join(folders.work, jobsFolder)
  for (const run of fs.existsSync(own) ? fs.readdirSync(own) : [])
    taken += await collectFrom(path.join(own, run), options, () => {})
  removeEmptyFolder(own)
  return taken
}

function refuseMissing(folder: string, missing: readonly number[], all: number): void {
  if (missing.length === 0) return
  const some = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', ...' : '')
  throw new ButcherError(
    'locked',
    `${missing.length} of ${counted(all, 'job')} in ${showPath(folder)} have no answer yet (${some})`,
    {
      path: folder,
      hint: `run the rest of them (butcher pack-chunk), or remove ${showPath(folder)}: then their files are packed here`,
    },
  )
}

async function collectFrom(
  folder: string,
  options: CollectOptions,
  check: (folder: string, missing: readonly number[], all: number) => void,
): Promise<number> {
  const { set, destination, folders, secrets, report } = options
  const jobs = await openJobFolder(folder, set.setId, secrets)
  let taken = 0
  if (jobs) {
    const found = jobsIn(folder)
    check(
      folder,
      [...found.jobs].filter((chunk) => !found.tries.has(chunk)),
      found.jobs.size,
    )
    const isKnown = rowFinder(set.db, 'chunk')
    for (const chunk of [...found.tries.keys()].toSorted((a, b) => a - b)) {
      if (isKnown(chunk) || !found.jobs.has(chunk)) continue
      const checked = await firstSound(jobs, chunk, found.tries.get(chunk) ?? [], report)
      if (!checked) continue
      takeChunks(jobs, destination, folders, [checked])
      taken++
    }
    if (taken > 0) report({ type: 'note', message: `took ${counted(taken, 'chunk')} that workers packed` })
  }
  removeJobFolder(folder)
  return taken
}

async function firstSound(
  jobs: JobFolder,
  chunk: number,
  attempts: readonly string[],
  report: Report,
): Promise<Awaited<ReturnType<typeof checkTry>> | undefined> {
  for (const attempt of attempts) {
    try {
      return await checkTry(jobs, chunk, attempt)
    } catch (error) {
      if (!(error instanceof ButcherError) || error.code !== 'damaged') throw error
      report({ type: 'warning', kind: 'other', message: `${error.message}: its files are packed again` })
    }
  }
  return undefined
}
