/** Runs a job: its commands, the backup and the retention, each in a process of its own. */

import { setTimeout as sleep } from 'node:timers/promises'
import { ButcherError, exitStatus, systemText } from '../errors.ts'
import { runToEnd } from '../programs/run-to-end.ts'
import { backupCall, type BackupCall } from './backup-call.ts'
import { reasonOfRemote, reasonToWait } from './conditions.ts'
import { readDefinitions } from './configuration.ts'
import type { Definitions, Job } from './definitions.ts'
import { definitionOf } from './edit-definitions.ts'
import { forgetRules } from './forget-rules.ts'
import { runButcher } from './run-butcher.ts'
import { RunDatabase, type RunRow } from './run-database.ts'
import { endedFromOutside, endOfBackup, type RunEnd, stoppedEnd } from './run-states.ts'
import type { GivenStart } from './scheduled-run.ts'
import { readSecret } from './secrets.ts'
import { tellChannels, tellEnd } from './tell-channels.ts'
import { burnText, wantedDiscs } from './wanted-discs.ts'

export interface RunJobOptions extends GivenStart {
  /** Each line of JSON of the backup, as it comes. */
  readonly tell?: (line: Readonly<Record<string, unknown>>) => void
  readonly signal?: AbortSignal
}

/**
 * Throws before there is a run: an unknown job, or another run on the same set. So it does if the daemon
 * starts it and it cannot begin now: the daemon tries again. All else is its end.
 */
export async function runJob(name: string, options: RunJobOptions): Promise<RunRow> {
  const definitions = readDefinitions()
  const job = definitionOf(definitions, 'job', name)
  const database = new RunDatabase()
  const told = async (run: number, discs: readonly number[]): Promise<RunRow> => {
    const row = database.find(run) as RunRow
    await tellEnd(job, definitions, database, row, discs)
    return row
  }
  try {
    const about = newRun(name, options)
    const call = callOf(job, definitions)
    if (call instanceof ButcherError) {
      if (options.trigger === 'manual') throw call
      const run = database.record({ ...about, destination: '' }, { state: 'failed', reason: call.message })
      return await told(run, [])
    }
    const skip =
      reasonToWait(job, call, definitions, database.hasGoodRun(call.destination)) ??
      (await reasonOfRemote(job, call, definitions, options.signal))
    if (skip !== undefined && options.trigger !== 'manual') throw new ButcherError('source', skip)
    const run = database.begin(
      { ...about, destination: call.destination },
      options.trigger === 'manual' && options.byDaemon,
    )
    const telling =
      skip === undefined ? tellChannels(job, definitions, { event: 'started', reason: '', run }) : undefined
    let summary: string | undefined
    let end: RunEnd
    try {
      const all = { run, job, call, definitions, database, options, keep: (line: string) => (summary = line) }
      end = skip === undefined ? await performRun(all) : { state: 'skipped', reason: skip }
    } catch (error) {
      end = options.signal?.aborted
        ? stoppedEnd
        : { state: 'failed', reason: error instanceof ButcherError ? error.message : systemText(error) }
    }
    // A machine that goes down ends all processes by a signal, too.
    if (end === stoppedEnd && options.byDaemon && !database.isAskedToStop(run)) end = endedFromOutside
    database.finish(run, end, summary)
    await telling
    return await told(run, end.discs ?? [])
  } finally {
    database.close()
  }
}

const newRun = (job: string, { trigger, due, missed, resumes }: RunJobOptions) => ({
  job,
  trigger,
  due: due?.toISOString() ?? null,
  missed: missed ?? 0,
  resumes: resumes ?? null,
})

/** An error of the definitions, such as two secrets in one vault. */
function callOf(job: Job, definitions: Definitions): BackupCall | ButcherError {
  try {
    return backupCall(job, definitions)
  } catch (error) {
    if (error instanceof ButcherError) return error
    throw error
  }
}

interface Run {
  readonly run: number
  readonly job: Job
  readonly call: BackupCall
  readonly definitions: Definitions
  readonly database: RunDatabase
  readonly options: RunJobOptions
  readonly keep: (summary: string) => void
}

async function performRun(all: Run): Promise<RunEnd> {
  const failed = await runCommands('before', all)
  const end = failed ?? (await backUp(all))
  // The commands after a run may undo those before it, so they run after a failure, too.
  const failedAfter = await runCommands('after', all)
  if (end.state !== 'ok') return end
  const bad = (await forgetOld(all)) ?? failedAfter
  if (bad) return bad
  const discs = await wantedDiscs(all.job, all.definitions)
  return { ...end, reason: burnText(discs), discs }
}

async function runCommands(
  when: 'before' | 'after',
  { run, job, database, options }: Run,
): Promise<RunEnd | undefined> {
  for (const [program, ...words] of job[when]) {
    database.setStep(run, `command ${when}: ${program}`)
    const { status, complaint } = await runToEnd(program as string, words, {
      // A stop must not keep the commands after a run from undoing those before it.
      signal: when === 'before' ? options.signal : undefined,
    })
    if (when === 'before' && options.signal?.aborted) return stoppedEnd
    if (status === 0) continue
    const reason = `the command ${when} the backup failed: ${program}: ${complaint || `status ${status}`}`
    database.addEvent(run, 'error', JSON.stringify({ type: 'error', message: reason }))
    return { state: 'failed', reason }
  }
  return undefined
}

async function backUp(all: Run): Promise<RunEnd> {
  const { database, run, options } = all
  const passphrase =
    all.call.secret === undefined ? undefined : await readSecret(all.call.secret, all.definitions)
  for (const end = Date.now() + patienceMs; ;) {
    database.setStep(run, 'backup')
    const { status, ended } = await backUpOnce(all, passphrase)
    // Somebody reads or prunes the set, or a backup of a killed run ends just now.
    if (status !== exitStatus.locked || options.trigger === 'manual' || Date.now() > end) return ended
    database.setStep(run, 'waiting for the set')
    await sleep(againMs, undefined, options.signal ? { signal: options.signal } : {})
  }
}

/** A run of the daemon waits this long for a set that is in use. */
const patienceMs = 30 * 60_000
const againMs = 5000

async function backUpOnce(
  { run, call, database, options, keep }: Run,
  passphrase: string | undefined,
): Promise<{ readonly status: number | string; readonly ended: RunEnd }> {
  let warnings = 0
  let error: string | undefined
  let complaint = ''
  const status = await runButcher(call.words, {
    passphrase,
    signal: options.signal,
    started: (pid) => database.setWorker(run, pid),
    line: (line, words) => {
      if (line['type'] === 'warning') warnings++
      if (line['type'] === 'error') error = String(line['message'])
      if (line['type'] === 'summary') keep(words)
      if (line['type'] === 'progress') database.setProgress(run, String(line['stage']), words)
      else database.addEvent(run, String(line['type']), words)
      options.tell?.(line)
    },
    complaint: (words) => (complaint = `${complaint}${words}`.slice(-mostComplaint)),
  })
  database.setWorker(run, undefined)
  return { status, ended: endOfBackup(status, error ?? lastLine(complaint), warnings) }
}

const mostComplaint = 2000

const lastLine = (text: string): string | undefined => text.trim().split('\n').at(-1) || undefined

/** Only after a good run. `forget` itself holds back if the source lost most of its files. */
async function forgetOld({
  run,
  job,
  call,
  definitions,
  database,
  options,
}: Run): Promise<RunEnd | undefined> {
  const rules = forgetRules(job, definitions)
  if (rules.length === 0) return undefined
  const passphrase = call.secret === undefined ? undefined : await readSecret(call.secret, definitions)
  database.setStep(run, 'forget')
  let error: string | undefined
  const status = await runButcher(['forget', ...rules, '--prune', '--json', '--', call.destination], {
    passphrase,
    signal: options.signal,
    started: (pid) => database.setWorker(run, pid),
    line: (line, words) => {
      if (line['type'] === 'error') error = String(line['message'])
      if (line['type'] !== 'progress') database.addEvent(run, String(line['type']), words)
    },
  })
  if (status === 0 || status === 3) return undefined
  return {
    state: 'partial',
    reason: `the backup is complete, but old ones were not removed: ${error ?? `status ${status}`}`,
  }
}
