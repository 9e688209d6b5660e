/** Everything at a glance: whether all is backed up, what comes next, discs to burn, the last 90 days. */

import fs from 'node:fs'
import { readDefinitions } from '../jobs/configuration.ts'
import { scheduleTimes } from '../jobs/job-status.ts'
import type { Definitions } from '../jobs/definitions.ts'
import type { DayOfRuns, RunReader } from '../jobs/run-reader.ts'
import { isOptical } from '../jobs/wanted-discs.ts'
import { localZone } from '../schedule/schedule.ts'
import { ok } from './answer.ts'
import type { ApiContext } from './api-context.ts'
import { linesOf, setOf } from './ask-butcher.ts'
import type { Route } from './route.ts'
import { type JobStatus, jobStatuses } from './run-objects.ts'

const heatDays = 90
const dayMs = 24 * 3600_000
const nextShown = 5

export const overviewRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'overview',
    scope: 'read',
    summary: 'show whether all is backed up, what runs next, discs to burn, and the runs of 90 days',
    answer:
      '`{protected, sentence, jobs, next: [{job, at}], discs, heat: [{day, ok, partial, failed, other}], stores: [{name, type, jobs, absent}], zone, time}`; jobs as of `jobs/{name}/status`, discs as last seen',
    handle: overview,
  },
  {
    method: 'GET',
    path: 'discs',
    scope: 'read',
    summary: 'list the discs that are full and not burned yet, of all jobs whose store is optical',
    answer: '`{discs: [{job, destination, disc, label, medium, bytes, capacity, state}]}`',
    handle: async ({ signal }, { reader }) => ok({ discs: await discsToBurn(reader, signal) }),
  },
]

async function overview(_: unknown, { daemon, reader, events }: ApiContext) {
  const all = readDefinitions()
  const now = new Date()
  const times = scheduleTimes(now)
  const queue = new Set(daemon.queue())
  const jobs = jobStatuses(all.jobs, all, reader, queue, times)
  const next = jobs
    .flatMap(({ job, next_due: at }) => (at === null ? [] : [{ job, at }]))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .slice(0, nextShown)
  // They are asked in the background: a set may be slow to open. An event tells the page of others.
  const seen = lastDiscs?.discs ?? []
  void discsToBurn(reader, new AbortController().signal).then(
    (discs) => {
      if (JSON.stringify(discs) !== JSON.stringify(seen)) events.send('discs.changed', { discs })
    },
    () => {},
  )
  return ok({
    ...protection(jobs),
    jobs,
    next,
    discs: seen,
    heat: heat(reader, now),
    stores: await storesOf(all),
    zone: localZone(),
    time: now.toISOString(),
  })
}

const troubles: readonly string[] = ['failed', 'partial', 'late', 'never', 'disabled']

/** Paused jobs are a wish of the user. */
function protection(jobs: readonly JobStatus[]): { readonly protected: boolean; readonly sentence: string } {
  const bad = jobs.filter(({ state }) => troubles.includes(state))
  const count = jobs.filter(({ state }) => state !== 'paused').length
  const [first] = bad
  if (jobs.length === 0) return { protected: false, sentence: 'No job is defined: nothing is backed up yet.' }
  if (count === 0) return { protected: false, sentence: 'Nothing is backed up: all jobs are paused.' }
  if (first === undefined)
    return {
      protected: true,
      sentence: count === 1 ? 'The job is up to date.' : `All ${count} jobs are up to date.`,
    }
  const of = `${bad.length} of ${count} ${count === 1 ? 'job' : 'jobs'} ${bad.length === 1 ? 'needs' : 'need'} attention`
  const why = first.reason === '' ? first.state : `${first.state}, ${first.reason}`
  return { protected: false, sentence: `${of}: ${first.job} (${why}).` }
}

let lastHeat: { readonly key: string; readonly days: readonly DayOfRuns[] } | undefined

/** By the days of this machine's zone. */
function heat(reader: RunReader, now: Date) {
  const offset = -now.getTimezoneOffset()
  const since = new Date(now.getTime() - heatDays * dayMs).toISOString()
  const key = `${reader.version()} ${since.slice(0, 13)} ${offset}`
  if (lastHeat?.key !== key) lastHeat = { key, days: reader.days(since, offset) }
  const { days } = lastHeat
  const runs = (day: string, ...states: readonly string[]): number =>
    days.reduce((sum, one) => sum + (one.day === day && states.includes(one.state) ? one.runs : 0), 0)
  return Array.from({ length: heatDays }, (_, i) => {
    const at = new Date(now.getTime() + offset * 60_000 - (heatDays - 1 - i) * dayMs)
    const day = at.toISOString().slice(0, 10)
    return {
      day,
      ok: runs(day, 'ok'),
      partial: runs(day, 'partial'),
      failed: runs(day, 'failed', 'interrupted'),
      other: runs(day, 'stopped', 'skipped', 'running'),
    }
  })
}

const storesOf = ({ stores, jobs }: Definitions) =>
  Promise.all(
    stores.map(async ({ name, type, path }) => ({
      name,
      type,
      jobs: jobs.filter((job) => job.store_name === name).length,
      absent: type === 'rclone' || (await isThere(path)) ? null : `there is no folder ${path}`,
    })),
  )

const isThere = (path: string): Promise<boolean> =>
  fs.promises.access(path).then(
    () => true,
    () => false,
  )

interface Disc {
  readonly disc: number
  readonly label: string
  readonly medium: string
  readonly bytes: number | null
  readonly capacity: number | null
  readonly state: string
}

let lastDiscs: { readonly key: string; readonly at: number; readonly discs: readonly object[] } | undefined
let asking: Promise<readonly object[]> | undefined
const discsValidMs = 60_000

/** Burning is not a run, so the answer is valid for a minute only. */
async function discsToBurn(reader: RunReader, signal: AbortSignal): Promise<readonly object[]> {
  const key = String(reader.version())
  if (lastDiscs?.key === key && Date.now() - lastDiscs.at < discsValidMs) return lastDiscs.discs
  asking ??= askDiscs(signal)
    .then((discs) => {
      lastDiscs = { key, at: Date.now(), discs }
      return discs
    })
    .finally(() => (asking = undefined))
  return asking
}

async function askDiscs(signal: AbortSignal): Promise<readonly object[]> {
  const all = readDefinitions()
  const found: object[] = []
  for (const job of all.jobs.filter((one) => isOptical(one, all))) {
    try {
      const shown = await linesOf(['job', 'show', '--json', '--', job.name], 'job', { signal })
      const [{ discs_to_burn: wanted }] = shown.lines as readonly [
        { readonly discs_to_burn: readonly number[] },
      ]
      if (wanted.length === 0) continue
      const { destination, passphrase } = await setOf(job.name)
      const { lines } = await linesOf(['discs', '--json', '--', destination], 'disc', { passphrase, signal })
      for (const { disc, label, medium, bytes, capacity, state } of lines as readonly Disc[])
        if (wanted.includes(disc))
          found.push({ job: job.name, destination, disc, label, medium, bytes, capacity, state })
    } catch {
      // A set that is absent or locked now has no disc to burn now.
    }
  }
  return found
}
