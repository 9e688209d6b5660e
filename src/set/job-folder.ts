/**
 * A folder of jobs: those of one run of backup, with the answers of the workers. Its record has the key of
 * the run, so the next run can read the answers if this one is killed.
 */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { decrypt } from '../crypto/decrypt.ts'
import { type EncryptionKeys, encryptBytes, newSession } from '../crypto/encrypt.ts'
import { derivedKey } from '../crypto/sealed-box.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import { makeFolder, removeFile, syncFolder, writeDurably } from '../files/durable.ts'
import { plannedJobsFile, setRecordFile } from '../format/layout.ts'
import { type ChunkJob, type JobKeys, jobText } from '../pack/chunk-job.ts'
import { filesOfJobs, jobFile, jobsIn } from '../pack/job-files.ts'
import type { PlannedJob } from '../pack/pack-jobs.ts'
import type { WorkFolders } from './destination.ts'

const recordName = (encrypted: boolean): string => `run.json${encrypted ? '.gpg' : ''}`

export interface JobFolder {
  readonly folder: string
  readonly set: string
  readonly run: string
  /** Of an encrypted set. */
  readonly key: Uint8Array | undefined
}

/** Makes the folder, which must be empty if it exists. Throws `destination`, `io`, `no-space`. */
export async function beginJobFolder(
  folder: string,
  set: string,
  keys: EncryptionKeys | undefined,
): Promise<JobFolder> {
  const run = randomBytes(8).toString('hex')
  const key = keys ? randomBytes(32) : undefined
  const text = JSON.stringify({ set, run, ...(key ? { key: key.toString('base64') } : {}) })
  try {
    makeFolder(folder)
    if (fs.readdirSync(folder).length > 0)
      throw new ButcherError('destination', `the folder for jobs ${folder} is not empty`, {
        path: folder,
        hint: 'give a new folder',
      })
    const bytes = keys ? await encryptBytes(keys, Buffer.from(text)) : `${text}\n`
    writeDurably(folder, path.join(folder, recordName(key !== undefined)), bytes)
    syncFolder(path.dirname(folder))
  } catch (error) {
    throw asButcherError(error, 'cannot write', folder)
  }
  return { folder, set, run, key }
}

/** Undefined if it is no folder of jobs, or not of this set. Throws `secret`. */
export async function openJobFolder(
  folder: string,
  set: string,
  secrets: OpenedSecrets,
): Promise<JobFolder | undefined> {
  const encrypted = fs.existsSync(path.join(folder, recordName(true)))
  const file = path.join(folder, recordName(encrypted))
  if (!fs.existsSync(file)) return undefined
  const stored = fs.createReadStream(file)
  const pieces: Uint8Array[] = []
  for await (const piece of encrypted ? decrypt(stored, secrets, file) : stored)
    pieces.push(piece as Uint8Array)
  let record: { readonly set?: unknown; readonly run?: unknown; readonly key?: unknown }
  try {
    record = JSON.parse(Buffer.concat(pieces).toString()) as typeof record
  } catch {
    return undefined
  }
  if (record.set !== set || typeof record.run !== 'string') return undefined
  const key = typeof record.key === 'string' ? Buffer.from(record.key, 'base64') : undefined
  return { folder, set, run: record.run, key }
}

/** Opens the manifest of the job. */
export const manifestKey = ({ key }: JobFolder, chunk: number): Uint8Array | undefined =>
  key && derivedKey(key, `manifest ${chunk}`)

/** Seals the text of a job, if no worker key does. */
export const textKey = ({ key }: JobFolder, chunk: number): Buffer | undefined =>
  key && derivedKey(key, `job ${chunk}`)

/** What all jobs of a run have in common. */
export interface JobFacts {
  readonly hash: ChunkJob['hash']
  readonly source: ChunkJob['source']
  /** The folder of jobs, as workers see it. */
  readonly seenAs: string
  readonly keys: EncryptionKeys | undefined
  /** Seals jobs, instead of a key for each. */
  readonly workerKey: Uint8Array | undefined
}

/**
 * Writes the file of a job. It needs no sync: the next run forgets a job without an answer. Throws `io`,
 * `no-space`.
 */
export async function writeJob(jobs: JobFolder, planned: PlannedJob, facts: JobFacts): Promise<void> {
  const { chunk } = planned
  const { hash, source, seenAs, keys, workerKey } = facts
  const { folder, set, run } = jobs
  const sealing = keys && (await jobKeys(keys, manifestKey(jobs, chunk) as Uint8Array))
  const job = { ...planned, set, run, hash, source, folder: seenAs, ...(sealing ? { keys: sealing } : {}) }
  const file = path.join(folder, jobFile(chunk))
  try {
    fs.writeFileSync(`${file}.new`, jobText(job, keys && (workerKey ?? textKey(jobs, chunk))))
    fs.renameSync(`${file}.new`, file)
  } catch (error) {
    throw asButcherError(error, 'cannot write', file)
  }
}

/** A worker gets no passphrase, but the session keys of its two files. */
async function jobKeys(keys: EncryptionKeys, manifest: Uint8Array): Promise<JobKeys> {
  if (keys.passphrase === undefined) return { chunk: keys, record: keys, manifest }
  return {
    chunk: { session: await newSession(keys) },
    record: { session: await newSession(keys) },
    manifest,
  }
}

/** Removes the jobs, their tries and the answers that came too late. */
export function removeJobs(folder: string, chunks: Iterable<number>): void {
  for (const file of filesOfJobs(folder, new Set(chunks))) removeFile(file)
}

/** Removes everything of ours in the folder, and the folder if nothing else is in it. */
export function removeJobFolder(folder: string): void {
  try {
    // A worker that lost its job may still write: it finds the job gone, and removes its files.
    const { jobs, tries } = jobsIn(folder)
    removeJobs(folder, [...jobs, ...tries.keys()])
    for (const encrypted of [true, false]) removeFile(path.join(folder, recordName(encrypted)))
    for (const name of fs.readdirSync(folder))
      if (/^\d{8,}-[0-9a-f]{12}\./.test(name)) removeFile(path.join(folder, name))
    fs.rmdirSync(folder)
  } catch {
    // The next run tries again.
  }
}

export function removeEmptyFolder(folder: string): void {
  try {
    fs.rmdirSync(folder)
  } catch {
    // It holds the jobs of another run, which the next run removes.
  }
}

/** The folder of jobs that a run planned for others: recorded until a later run has taken the answers. */
export function plannedFolder(work: string): string | undefined {
  try {
    const { folder } = JSON.parse(fs.readFileSync(path.join(work, plannedJobsFile), 'utf8')) as {
      readonly folder?: unknown
    }
    return typeof folder === 'string' ? folder : undefined
  } catch {
    return undefined
  }
}

/** A set that has no catalog yet keeps its id for the next run, so that the answers are of the same set. */
export function recordSetId({ work, stagingDir }: WorkFolders, set: string): void {
  writeDurably(stagingDir, path.join(work, setRecordFile), `${JSON.stringify({ set })}\n`)
}

/** Once there is a catalog. */
export const forgetSetId = (work: string): void => removeFile(path.join(work, setRecordFile))

export function recordPlanned({ work, stagingDir }: WorkFolders, folder: string): void {
  writeDurably(stagingDir, path.join(work, plannedJobsFile), `${JSON.stringify({ folder })}\n`)
}

export function forgetPlanned(work: string): void {
  removeFile(path.join(work, plannedJobsFile))
}
