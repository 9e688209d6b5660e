/** The machine: folders to choose from, installed programs, figures for a monitor. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { readDefinitions } from '../jobs/configuration.ts'
import { scheduleTimes } from '../jobs/job-status.ts'
import { isWithin } from '../files/is-within.ts'
import { ok } from './answer.ts'
import { ApiError, notThere, wrongRequest } from './api-error.ts'
import type { ApiContext } from './api-context.ts'
import { linesOf } from './ask-butcher.ts'
import type { ApiRequest, Route } from './route.ts'
import { jobStatuses } from './run-objects.ts'
import { systemText } from '../errors.ts'

const mostEntries = 2000

export const machineRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'files',
    scope: 'admin',
    summary: 'list a folder of this machine, to choose from',
    query: { path: 'the folder; without it only the roots are listed' },
    answer:
      '`{path, parent, entries: [{name, kind, size}], roots, truncated}`; only folders below the roots are shown (`butcher web --folder`)',
    handle: listFolder,
  },
  {
    method: 'GET',
    path: 'doctor',
    scope: 'read',
    summary: 'list the programs that butcher can use, and whether they are installed',
    answer: '`{programs}`, as `butcher doctor --json` prints them',
    handle: async ({ signal }) => {
      const { lines } = await linesOf(['doctor', '--json'], 'program', { signal })
      return ok({ programs: lines })
    },
  },
  {
    method: 'GET',
    path: 'metrics',
    scope: 'metrics',
    summary: 'figures in the text format of Prometheus',
    answer: '`text/plain`: for each job its last good run, its state, its next due time',
    handle: (_, context) => ({
      status: 200,
      write: (response) => {
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' })
        response.end(metrics(context))
      },
    }),
  },
]

const rootsOf = (): readonly string[] =>
  (readDefinitions().settings?.web?.folders ?? [os.homedir(), '/media', '/mnt', '/run/media', '/srv']).filter(
    (folder) => fs.existsSync(folder),
  )

async function listFolder({ query }: ApiRequest) {
  const roots = rootsOf()
  const asked = query.get('path')
  if (asked === null || asked === '')
    return ok({ path: null, parent: null, entries: [], roots, truncated: false })
  if (!path.isAbsolute(asked) || asked.includes('\0'))
    throw wrongRequest('the path is not absolute', { field: 'path' })
  const folder = await realPath(path.resolve(asked))
  const realRoots = await Promise.all(roots.map(realPath))
  // A link may lead out of the roots, so the real path counts.
  if (!realRoots.some((root) => isWithin(root, folder)))
    throw new ApiError(403, 'forbidden', `${folder} is not below a folder that the page may show`, {
      hint: 'butcher web --folder allows another folder',
    })
  const all = await readFolder(folder)
  const shown = all.slice(0, mostEntries)
  return ok({
    path: folder,
    parent: realRoots.some((root) => isWithin(root, path.dirname(folder))) ? path.dirname(folder) : null,
    entries: await Promise.all(shown.map((entry) => entryObject(folder, entry))),
    roots,
    truncated: shown.length < all.length,
  })
}

async function realPath(folder: string): Promise<string> {
  try {
    return await fs.promises.realpath(folder)
  } catch (error) {
    throw notThere(`cannot look into ${folder}: ${systemText(error)}`)
  }
}

/** Folders first, then by name. */
async function readFolder(folder: string): Promise<fs.Dirent[]> {
  try {
    const entries = await fs.promises.readdir(folder, { withFileTypes: true })
    const rank = (entry: fs.Dirent): number => (entry.isDirectory() ? 0 : 1)
    return entries.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw notThere(`cannot look into ${folder}: ${systemText(error)}`)
  }
}

async function entryObject(folder: string, entry: fs.Dirent) {
  const { name } = entry
  if (entry.isDirectory()) return { name, kind: 'dir', size: null }
  if (!entry.isFile()) return { name, kind: 'other', size: null }
  const stat = await fs.promises.lstat(path.join(folder, name)).catch(() => undefined)
  return { name, kind: 'file', size: stat?.size ?? null }
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
function metrics({ daemon, reader }: ApiContext): string {
  const all = readDefinitions()
  const times = scheduleTimes(new Date())
  const queue = new Set(daemon.queue())
  const statuses = jobStatuses(all.jobs, all, reader, queue, times)
  const label = (value: string): string =>
    value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
  const seconds = (time: string | null): number => (time === null ? 0 : Date.parse(time) / 1000)
  const family = (name: string, help: string, lines: readonly string[]): string[] => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...lines,
  ]
  return [
    ...family(
      'butcher_last_good_run_seconds',
      'End of the last complete run, as seconds since 1970; 0 if there was none.',
      statuses.map(
        ({ job, last_good: at }) => `butcher_last_good_run_seconds{job="${label(job)}"} ${seconds(at)}`,
      ),
    ),
    ...family(
      'butcher_job_state',
      'State of the job: the one with 1.',
      statuses.map(({ job, state }) => `butcher_job_state{job="${label(job)}",state="${state}"} 1`),
    ),
    ...family(
      'butcher_next_due_seconds',
      'Next due time, as seconds since 1970; 0 if there is none.',
      statuses.map(({ job, next_due: at }) => `butcher_next_due_seconds{job="${label(job)}"} ${seconds(at)}`),
    ),
    ...family('butcher_runs_waiting', 'Jobs that wait for their turn.', [
      `butcher_runs_waiting ${queue.size}`,
    ]),
    '',
  ].join('\n')
}
