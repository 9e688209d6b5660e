/** Jobs in motion, and their runs. */

import { readDefinitions } from '../jobs/configuration.ts'
import { scheduleTimes } from '../jobs/job-status.ts'
import { setJobEnabled } from '../jobs/pause-job.ts'
import { withRuns } from '../jobs/run-database.ts'
import { stopRun } from '../jobs/stop-run.ts'
import { notThere } from './api-error.ts'
import type { ApiContext } from './api-context.ts'
import { numberOf, numberParam } from './checked-body.ts'
import { existing } from './existing-definition.ts'
import { parseJson } from './parse-json.ts'
import { accepted, ok } from './answer.ts'
import { type ApiRequest, param, type Route } from './route.ts'
import { jobStatuses, runObject, runWithProgress } from './run-objects.ts'

const mostRuns = 200
const mostEvents = 2000

const runFields =
  '`{run, job, trigger, due, missed, started, finished, state, reason, step, destination, summary, progress}`'

export const runRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'jobs/{name}/status',
    scope: 'read',
    summary: 'show how a job stands',
    answer:
      '`{job, state, reason, last_run, last_good, next_due}`; state is `running`, `queued`, `paused`, `disabled`, `failed`, `partial`, `late`, `ok` or `never`',
    handle: (request, { daemon, reader }) => {
      const all = readDefinitions()
      const job = existing(all, 'job', param(request, 'name'))
      const queue = new Set(daemon.queue())
      return ok(jobStatuses([job], all, reader, queue, scheduleTimes(new Date()))[0] as object)
    },
  },
  {
    method: 'POST',
    path: 'jobs/{name}/run',
    scope: 'run',
    summary: 'run a job now, before those that wait',
    answer: '202 `{job, queue}`',
    isOnce: true,
    handle: (request, { daemon }) => {
      const { name } = existing(readDefinitions(), 'job', param(request, 'name'))
      daemon.runNow(name)
      return accepted({ job: name, queue: daemon.queue() })
    },
  },
  {
    method: 'POST',
    path: 'jobs/{name}/pause',
    scope: 'run',
    summary: 'keep a job from being started by its schedule',
    answer: 'the job',
    handle: (request) => enable(request, false),
  },
  {
    method: 'POST',
    path: 'jobs/{name}/resume',
    scope: 'run',
    summary: 'let the schedule start a job again',
    answer: 'the job',
    handle: (request, { daemon }) => {
      const answer = enable(request, true)
      daemon.look()
      return answer
    },
  },
  {
    method: 'GET',
    path: 'runs',
    scope: 'read',
    summary: 'list runs, the newest first',
    query: {
      job: 'only the runs of this job',
      state: 'only the runs in this state',
      before: 'only the runs below this number: the next page',
      limit: `at most so many (default 50, at most ${mostRuns})`,
    },
    answer: `list of ${runFields}`,
    handle: (request, { reader }) => {
      const { query } = request
      const rows = reader.runs({
        job: query.get('job') ?? undefined,
        state: query.get('state') ?? undefined,
        before: numberOf(request, 'before', {
          least: 1,
          most: Number.MAX_SAFE_INTEGER,
          otherwise: Number.MAX_SAFE_INTEGER,
        }),
        most: numberOf(request, 'limit', { least: 1, most: mostRuns, otherwise: 50 }),
      })
      return ok(rows.map((row) => runWithProgress(row, reader)))
    },
  },
  {
    method: 'GET',
    path: 'runs/{run}',
    scope: 'read',
    summary: 'show a run',
    answer: `${runFields}; \`progress\` is null if it does not run`,
    handle: (request, { reader }) => ok(runWithProgress(runOf(request, reader), reader)),
  },
  {
    method: 'GET',
    path: 'runs/{run}/log',
    scope: 'read',
    summary: 'list the warnings and notes of a run',
    query: {
      after: 'only those after this event: the next page',
      limit: `at most so many (default 500, at most ${mostEvents})`,
    },
    answer: '`{events: [{event, at, type, message, line}], next}`; next is null at the end',
    handle: (request, { reader }) => {
      const { run } = runOf(request, reader)
      const after = numberOf(request, 'after', { least: 0, most: Number.MAX_SAFE_INTEGER, otherwise: 0 })
      const most = numberOf(request, 'limit', { least: 1, most: mostEvents, otherwise: 500 })
      const events = reader.events(run, after, most).map(({ event, at, type, line }) => {
        const parsed = parseJson(line) as { readonly message?: string } | null
        return { event, at, type, message: parsed?.message ?? '', line: parsed }
      })
      return ok({ events, next: events.length < most ? null : (events.at(-1)?.event ?? null) })
    },
  },
  {
    method: 'POST',
    path: 'runs/{run}/stop',
    scope: 'run',
    summary: 'stop a run as Ctrl-C does; the next run resumes',
    answer: `202 ${runFields}`,
    handle: (request) =>
      withRuns((database) => {
        const run = numberParam(request, 'run')
        const row = database.find(run)
        if (!row) throw notThere(`there is no run ${run}`)
        stopRun(row)
        return accepted(runObject(row))
      }),
  },
]

const enable = (request: ApiRequest, enabled: boolean) => {
  const { name } = existing(readDefinitions(), 'job', param(request, 'name'))
  return ok(setJobEnabled(name, enabled))
}

function runOf(request: ApiRequest, reader: ApiContext['reader']) {
  const run = numberParam(request, 'run')
  const row = reader.find(run)
  if (!row) throw notThere(`there is no run ${run}`)
  return row
}
