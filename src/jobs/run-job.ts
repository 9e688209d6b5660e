/** Runs a job: its commands, the backup and the retention, each in a process of its own. */

import fs from 'node:fs'
import { ButcherError, systemText } from '../errors.ts'
import { runToEnd } from '../programs/run-to-end.ts'
import { backupCall, type BackupCall } from './backup-call.ts'
import { readDefinitions } from './configuration.ts'
import type { Definitions, Job } from './definitions.ts'
import { definitionOf } from './edit-definitions.ts'
import { runButcher } from './run-butcher.ts'
import { RunDatabase, type RunRow } from './run-database.ts'
import { endOfBackup, type RunEnd, stoppedByUser } from './run-states.ts'
import { readSecret } from './secrets.ts'

export interface RunJobOptions {
  readonly trigger: RunRow['trigger']
  readonly due?: Date
  readonly missed?: number
  /** Each line of JSON of the backup, as it comes. */
  readonly tell?: (line: Readonly<Record<string, unknown>>) => void
  readonly signal?: AbortSignal
}

/** Throws before there is a run: an unknown job, or another run on the same set. All else is its end. */
export async function runJob(name: string, options: RunJobOptions): Promise<RunRow> {
  const definitions = readDefinitions()
  const job = definitionOf(definitions, 'job', name)
  const call = backupCall(job, definitions)
  const database = new RunDatabase()
  try {
    const run = database.begin({
      job: name,
      trigger: options.trigger,
      due: options.due?.toISOString() ?? null,
      missed: options.missed ?? 0,
      destination: call.destination,
    })
    let summary: string | undefined
    let end: RunEnd
    try {
      end = await performRun({
        run,
        job,
        call,
        definitions,
        database,
        options,
        keep: (line) => (summary = line),
      })
    } catch (error) {
      end = options.signal?.aborted
        ? { state: 'stopped', reason: stoppedByUser }
        : { state: 'failed', reason: error instanceof ButcherError ? error.message : systemText(error) }
    }
    database.finish(run, end, summary)
    return database.find(run) as RunRow
  } finally {
    database.close()
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
  const skip = reasonToSkip(all)
  if (skip !== undefined) return { state: 'skipped', reason: skip }
  const failed = await runCommands('before', all)
  const end = failed ?? (await backUp(all))
  // The commands after a run may undo those before it, so they run after a failure, too.
  const failedAfter = await runCommands('after', all)
  if (end.state !== 'ok') return end
  return (await forgetOld(all)) ?? failedAfter ?? end
}

/** Why the run cannot begin; an absent source is the backup's to judge if others are there. */
function reasonToSkip({ job, call, definitions, database }: Run): string | undefined {
  if (call.sources.every(({ path }) => !fs.existsSync(path)))
    return `the source is absent: ${call.sources.map(({ path }) => path).join(', ')}`
  const store = definitionOf(definitions, 'store', job.store_name)
  if (store.type !== 'rclone' && !fs.existsSync(store.path))
    return `the store '${store.name}' is absent: there is no folder ${store.path}`
  // The folder of a disk that is not mounted is there, and empty.
  if (store.type !== 'rclone' && database.hasGoodRun(call.destination) && !fs.existsSync(call.destination))
    return `the store '${store.name}' is absent: the set ${call.destination} is gone, perhaps the disk is unmounted`
  return job.on_mains && isOnBattery() ? 'the machine runs on battery' : undefined
}

const powerSupplies = '/sys/class/power_supply'

/** A machine without mains supplies that the kernel knows is a desktop or a server. */
function isOnBattery(): boolean {
  try {
    const mains = fs
      .readdirSync(powerSupplies)
      .filter((name) => read(`${powerSupplies}/${name}/type`) === 'Mains')
    return mains.length > 0 && mains.every((name) => read(`${powerSupplies}/${name}/online`) === '0')
  } catch {
    return false
  }
}

const read = (file: string): string => fs.readFileSync(file, 'utf8').trim()

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
    if (when === 'before' && options.signal?.aborted) return { state: 'stopped', reason: stoppedByUser }
    if (status === 0) continue
    const reason = `the command ${when} the backup failed: ${program}: ${complaint || `status ${status}`}`
    database.addEvent(run, 'error', JSON.stringify({ type: 'error', message: reason }))
    return { state: 'failed', reason }
  }
  return undefined
}

async function backUp(all: Run): Promise<RunEnd> {
  const { run, call, definitions, database, options } = all
  const passphrase = call.secret === undefined ? undefined : await readSecret(call.secret, definitions)
  database.setStep(run, 'backup')
  let warnings = 0
  let error: string | undefined
  let complaint = ''
  const status = await runButcher(call.words, {
    passphrase,
    signal: options.signal,
    line: (line, words) => {
      if (line['type'] === 'warning') warnings++
      if (line['type'] === 'error') error = String(line['message'])
      if (line['type'] === 'summary') all.keep(words)
      if (line['type'] === 'progress') database.setProgress(run, String(line['stage']), words)
      else database.addEvent(run, String(line['type']), words)
      options.tell?.(line)
    },
    complaint: (words) => (complaint = `${complaint}${words}`.slice(-mostComplaint)),
  })
  return endOfBackup(status, error ?? lastLine(complaint), warnings)
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
  const keep = Object.entries(job.retention).map(([unit, count]) => `--keep-${unit}=${count}`)
  if (keep.length === 0) return undefined
  const passphrase = call.secret === undefined ? undefined : await readSecret(call.secret, definitions)
  const zone = definitions.schedules.find(({ id }) => id === job.schedule_id)?.zone
  const calendar = zone === undefined ? [] : [`--zone=${zone}`]
  database.setStep(run, 'forget')
  let error: string | undefined
  const status = await runButcher(
    ['forget', ...keep, ...calendar, '--prune', '--json', '--', call.destination],
    {
      passphrase,
      signal: options.signal,
      line: (line, words) => {
        if (line['type'] === 'error') error = String(line['message'])
        if (line['type'] !== 'progress') database.addEvent(run, String(line['type']), words)
      },
    },
  )
  if (status === 0 || status === 3) return undefined
  return {
    state: 'partial',
    reason: `the backup is complete, but old ones were not removed: ${error ?? `status ${status}`}`,
  }
}
