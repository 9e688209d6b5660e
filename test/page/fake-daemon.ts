/** A daemon for looking at the page in states that are hard to reach: 300 jobs, or a lost daemon. */

import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { backupsOf, heat, nameOf, runsOf, type Sample, sampleOf, statusOf, treeOf } from './sample-jobs.ts'

const page = path.resolve(import.meta.dirname, '../../dist/page')

/** As the daemon sends it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export interface FakeDaemon {
  readonly url: string
  /** Sends an event to all streams. */
  readonly send: (name: string, data: object) => void
  /** How many streams are open. */
  readonly streams: () => number
  readonly requests: readonly string[]
  /** From now on every request needs a login. */
  lockOut: () => void
  readonly close: () => Promise<void>
}

type Body = Record<string, unknown>
type Answer = readonly [status: number, body: unknown]

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export async function startFakeDaemon(count: number, busy = false): Promise<FakeDaemon> {
  if (!fs.existsSync(path.join(page, 'index.html'))) throw new Error('dist/page is missing: npm run build')
  const sample = sampleOf(count)
  const streams = new Set<http.ServerResponse>()
  const requests: string[] = []
  let locked = false
  let event = 0
  const send = (name: string, data: object): void => {
    event++
    for (const stream of streams)
      stream.write(`id: ${event}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://fake')
    if (!url.pathname.startsWith('/api/v1/')) return serveFile(url.pathname, response)
    const words = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent)
    requests.push(`${request.method} ${words.join('/')}`)
    if (locked && words[0] !== 'login')
      return answer(response, [401, { code: 'login', message: 'log in first' }])
    if (words[0] === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write(': hello\n\n')
      streams.add(response)
      response.on('close', () => streams.delete(response))
      return undefined
    }
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    request.on('end', () => {
      const body = text === '' ? {} : (JSON.parse(text) as Body)
      if (words[0] === 'login') locked = body['password'] !== 'open sesame'
      if (request.method !== 'GET' && words.length === 2) setImmediate(() => send('job.changed', {}))
      const found = reply(sample, busy, request.method ?? '', words, url.searchParams, body)
      answer(response, locked ? [401, { code: 'login', message: 'the password is wrong' }] : found)
    })
    return undefined
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    send,
    streams: () => streams.size,
    requests,
    lockOut: () => {
      locked = true
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function serveFile(pathname: string, response: http.ServerResponse): void {
  const name = pathname === '/' ? 'index.html' : pathname.slice(1)
  const file = path.join(page, name)
  if (!fs.existsSync(file)) return answer(response, [404, {}])
  response.writeHead(200, {
    'content-type': types[path.extname(file)] ?? 'application/octet-stream',
    'content-security-policy': policy,
  })
  response.end(fs.readFileSync(file))
  return undefined
}

function answer(response: http.ServerResponse, [status, body]: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', etag: '"1"' })
  response.end(JSON.stringify(body))
}

function reply(
  sample: Sample,
  busy: boolean,
  method: string,
  words: readonly string[],
  query: URLSearchParams,
  body: Body,
): Answer {
  const [first = '', second, third] = words
  const kinds = sample as unknown as Record<string, Body[]>
  if (method === 'GET' && words.join('/') === 'stores/rclone-remotes') return [200, ['nas', 'attic']]
  if (first in kinds && (second === undefined || third === undefined) && second !== 'preview')
    return definitions(kinds, busy, method, first, second, body)
  if (words.join('/') === 'items/preview')
    return [200, { kept: { files: 1204, folders: 17 }, left_out: { files: 3, folders: 1 }, unmatched: ['*.bak'], absent: [], truncated: false, examples: [{ path: '/home/ana/Photos/cache', kind: 'dir' }, { path: '/home/ana/Photos/صور.tmp', kind: 'file' }] }] // prettier-ignore
  const key = [method, first, third].filter((word) => word !== undefined).join(' ')
  const count = sample.jobs.length
  const runs = runsOf(count, busy)
  const answers: Readonly<Record<string, () => unknown>> = {
    'GET jobs status': () => statusOf(indexOf(sample, second), busy),
    'POST jobs run': () => ({ job: second, queue: [second] }),
    'POST jobs retention': () => ({
      backups: backupsOf('').map((backup, i) => ({ ...backup, keep: i < 9, reasons: i < 9 ? ['last'] : [] })),
      forgotten: Array.from({ length: 31 }, (_, i) => i + 1),
      held: null,
      bytes_freed: 12_400_000_000,
    }),
    'GET runs': () =>
      second === undefined
        ? runs
            .filter(({ run, job, state }) => {
              const before = query.get('before')
              const [only, wanted] = [query.get('job'), query.get('state')]
              return (!before || run < Number(before)) && (!only || job === only) && (!wanted || state === wanted)
            })
            .slice(0, Number(query.get('limit') ?? 50))
        : runs.find(({ run }) => run === Number(second)),
    'GET runs log': () => ({
      events:
        query.get('after') === '0'
          ? [{ event: 1, at: new Date().toISOString(), type: 'warning', message: 'cannot read Photos/صور.jpg: permission denied (run as its owner)', line: {} }]
          : [],
      next: null,
    }),
    'GET overview': () => overviewOf(sample, busy),
    'POST login': () => ({ scope: 'admin' }),
    'GET secrets': () => [{ name: 'home', kind: 'file', users: ['item mail'] }],
    'GET zones': () => ['Europe/Berlin', 'America/New_York', 'UTC'],
    'POST schedules': () => ({
      cron: body['cron'] ?? '0 22 * * *',
      text: 'every day at 22:00',
      zone: body['zone'],
      next: [1, 2, 3, 4, 5].map((n) => new Date(Date.now() + n * 86_400_000).toISOString()),
      smallest_gap_minutes: 1440,
      warnings: ['in the night of 28 March 2027 the clock is set from 02:00 to 03:00: a run at 02:30 comes at 03:30'],
    }),
    'POST stores test': () => ({
      ok: second !== 'shelf',
      steps: ['open', 'write', 'read', 'delete'].map((step, i) => ({ step, ok: second !== 'shelf' || i < 1, message: 'permission denied', seconds: 0.02 })),
      free: 1,
      total: 2,
    }),
    'POST channels test': () => ({ sent: second }),
    'GET stores usage': () => ({
      free: second === 'cloud' ? null : 812_000_000_000,
      total: second === 'cloud' ? null : 2_000_000_000_000,
      added: heat().map(({ day }, i) => ({ day, bytes: i < 20 ? 0 : (i % 7) * 400_000_000 })),
    }),
    'GET backups': () =>
      second === undefined
        ? { job: query.get('job'), destination: `/mnt/backups/${query.get('job')}`, backups: backupsOf('') }
        : { changes: [{ change: 'new', path: '2025/IMG_1.jpg', before: null, after: { size: 4_100_000 } }, { change: 'deleted', path: 'old.txt', before: { size: 12 }, after: null }, { change: 'changed', path: 'notes.txt', before: { size: 9 }, after: { size: 14 } }], counts: { new: 1, changed: 1, moved: 0, deleted: 1, metadata: 0 }, truncated: false },
    'GET backups diff': () => undefined,
    'GET restores': () => [],
    'GET files': () => ({ path: query.get('path'), parent: null, entries: [{ name: 'Photos', kind: 'dir', size: null }], roots: ['/home/ana', '/mnt'], truncated: false }),
    'GET daemon': () => ({ version: '0.2.0', started: new Date(Date.now() - 9e7).toISOString(), pid: 4711, queue: [], running: [], time: '', zone: 'Europe/Berlin', host: 'attic', jobs: count, node: 'v24.21.0', memory_bytes: 84_000_000 }),
    'GET log': () => ({ lines: ['butcher 0.2.0 is ready', 'starting photos-nightly, due at 22:00', 'photos-nightly ended: status 0'].map((text, i) => ({ id: i + 1, at: new Date().toISOString(), text })), next: 4 }),
    'GET doctor': () => ({ programs: [{ program: 'xorriso', found: true, version: '1.5.4', adds: 'images and burning', package: 'xorriso' }, { program: 'rclone', found: false, version: null, adds: 'stores in the cloud', package: 'rclone' }] }),
    'POST restores': () => second === 'plan' ? { backup: 40, targets: [body['target'] ?? '/home/ana/Photos'], files: 1204, directories: 17, bytes: 4_100_000_000, in_the_way: 12, discs: [], missing_discs: [] } : { id: 1, ...body, targets: [body['target']], state: 'running', reason: null, progress: null, started: new Date().toISOString(), finished: null, files: null, bytes: null, warnings: [], warning_count: 0 },
  } // prettier-ignore
  const tree: Readonly<Record<string, () => unknown>> = {
    tree: () => ({ path: query.get('path'), entries: treeOf(query.get('path') ?? ''), next: null }),
    plan: () => ({ files: 1204, directories: 17, bytes: 4_100_000_000, zip_bytes: 4_100_312_000, skipped: 2, missing_discs: [] }),
    search: () => ({ found: treeOf('2024/Norway').slice(0, 4).map((entry) => ({ ...entry, first_backup: 3, last_backup: 40 })), truncated: false }),
    forget: () => ({ forgotten: body['backups'], count: (body['backups'] as number[]).length, bytes_freed: 3_100_000_000, dry_run: body['dry_run'] }),
  } // prettier-ignore
  const verb = words.at(-1) ?? ''
  const found =
    first === 'backups' && words.length > 2 && tree[verb]
      ? tree[verb]()
      : first === 'backups' && verb === 'diff'
        ? answers['GET backups']?.()
        : (answers[key]?.() ?? answers[`${method} ${first}`]?.())
  return found === undefined
    ? [404, { code: 'no-match', message: `there is no ${words.join('/')}` }]
    : [200, found]
}

const indexOf = ({ jobs }: Sample, name: string | undefined): number =>
  Math.max(
    0,
    jobs.findIndex((job) => job.name === name),
  )

function definitions(
  kinds: Record<string, Body[]>,
  busy: boolean,
  method: string,
  kind: string,
  name: string | undefined,
  body: Body,
): Answer {
  const all = kinds[kind] as Body[]
  if (name === undefined)
    return [200, kind === 'jobs' ? all.map((job, i) => ({ ...job, status: statusOf(i, busy) })) : all]
  const at = all.findIndex((each) => (each['name'] ?? each['id']) === name || each['id'] === name)
  if (method === 'PUT') {
    if (kind === 'items' && !(body['paths'] as string[]).every((each) => each.startsWith('/')))
      return [
        400,
        { code: 'usage', message: 'paths[0] must be an absolute path', hint: null, field: 'paths' },
      ]
    if (at < 0) all.push(body)
    else all[at] = body
    return [200, body]
  }
  if (at < 0) return [404, { code: 'no-match', message: `there is no ${name}` }]
  if (method === 'DELETE') {
    if (kind !== 'jobs' && kinds['jobs']?.some((job) => Object.values(job).includes(name)))
      return [409, { code: 'in-use', message: `${name} is in use`, users: [`job ${nameOf(0)}`] }]
    all.splice(at, 1)
    return [200, { removed: name, disabled: [] }]
  }
  return [200, all[at]]
}

function overviewOf({ jobs, stores }: Sample, busy: boolean) {
  const good = jobs.length > 0 && jobs.length < 3
  return {
    protected: good,
    sentence:
      jobs.length === 0
        ? 'Nothing is backed up yet'
        : jobs.length === 3
          ? '1 of 3 jobs needs a look'
          : `${Math.round(jobs.length / 2)} of ${jobs.length} jobs need a look`,
    jobs: jobs.map((_, i) => statusOf(i, busy)),
    next: jobs.slice(0, 5).map(({ name }, i) => ({ job: name, at: new Date(Date.now() + (i + 2) * 3.6e6).toISOString() })),
    discs:
      jobs.length < 3
        ? []
        : [{ job: nameOf(2), destination: `/srv/discs/${nameOf(2)}`, disc: 7, label: 'FAMILY_0007', medium: 'bd25', bytes: 24_100_000_000, capacity: 25_025_314_816, state: 'staged' }],
    heat: heat(),
    stores: stores.map((store, i) => ({ name: (store as Body)['name'], type: (store as Body)['type'], jobs: Math.ceil(jobs.length / 3), absent: i === 1 && jobs.length > 3 ? 'absent since yesterday: the remote does not answer' : null })),
    zone: 'Europe/Berlin',
    time: new Date().toISOString(),
  } // prettier-ignore
}
