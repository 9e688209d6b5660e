/** The daemon itself: its state, log and events. */

import os from 'node:os'
import { readDefinitions } from '../jobs/configuration.ts'
import { localZone } from '../schedule/schedule.ts'
import { numberOf } from './checked-body.ts'
import { ok } from './answer.ts'
import type { Route } from './route.ts'
import { hasPassword } from './web-access.ts'

export const daemonRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'daemon',
    scope: 'read',
    summary: 'show the state of the daemon',
    answer:
      '`{version, started, pid, queue, held, running, time, zone, host, jobs, node, memory_bytes, web}`; web is `{port, bind, password_set}`, or null while the page is off',
    handle: (_, { daemon, reader, web }) => {
      const { version, started } = daemon
      return ok({
        version,
        started,
        pid: process.pid,
        queue: daemon.queue(),
        held: daemon.held(),
        running: reader.running().map(({ run }) => run),
        time: new Date().toISOString(),
        zone: localZone(),
        host: os.hostname(),
        jobs: readDefinitions().jobs.length,
        node: process.version,
        memory_bytes: process.memoryUsage.rss(),
        web: web.open ? { ...web.open, password_set: hasPassword() } : null,
      })
    },
  },
  {
    method: 'POST',
    path: 'daemon/reload',
    scope: 'run',
    summary: 'look at once for jobs that are due',
    answer: '`{queue}`',
    handle: (_, { daemon }) => {
      // It throws for a configuration that is wrong.
      readDefinitions()
      daemon.look()
      return ok({ queue: daemon.queue() })
    },
  },
  {
    method: 'GET',
    path: 'log',
    scope: 'read',
    summary: 'list the newest lines of the log of the daemon',
    query: { after: 'only lines after this number' },
    answer: '`{lines: [{id, at, text}], next}`',
    handle: (request, { log }) => {
      const after = numberOf(request, 'after', { least: 0, most: Number.MAX_SAFE_INTEGER, otherwise: 0 })
      const lines = log.after(after)
      return ok({ lines, next: lines.at(-1)?.id ?? after })
    },
  },
  {
    method: 'GET',
    path: 'events',
    scope: 'read',
    summary: 'follow all changes, as server-sent events',
    answer:
      '`text/event-stream`. Events: `run.queued`, `run.held` (a run that waits for its store or source has come or gone), `run.started`, `run.progress` (at most two a second for each run), `run.warning`, `run.finished`, `job.changed`, `restore.changed`, `store.absent`, `disc.wanted`, `discs.changed`, `daemon`, `log`. With Last-Event-ID those of the last 1,000 events that were missed; `resync` if more were',
    handle: ({ headers, session }, { events, watch, sessions }) => ({
      status: 200,
      write: (response) => {
        watch.begin()
        const last = headers['last-event-id']
        events.add(
          response,
          Array.isArray(last) ? last[0] : last,
          () => session === undefined || sessions.isValid(session.hash),
        )
      },
    }),
  },
]
