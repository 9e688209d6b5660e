/** The backups in the set of a job: listed, browsed, searched, compared. */

import { askButcher, type Line, linesOf, setOf, withoutType } from './ask-butcher.ts'
import { ok } from './answer.ts'
import { ApiError, wrongRequest } from './api-error.ts'
import { numberOf, numberParam } from './checked-body.ts'
import { pathIn } from './path-in.ts'
import { type ApiRequest, param, type Route } from './route.ts'

const mostEntries = 5000

export const setRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: 'backups',
    scope: 'read',
    summary: 'list the backups of a job, the newest first',
    query: { job: 'the job' },
    answer: '`{job, destination, backups}`, the backups as `butcher log --forgotten --json` prints them',
    handle: async ({ query, signal }) => {
      const job = query.get('job')
      if (job === null) throw wrongRequest('the job is missing', { field: 'job' })
      const { destination, passphrase } = await setOf(job)
      const backups = await linesOf(['log', '--forgotten', '--json', '--', destination], 'backup', {
        passphrase,
        signal,
      }).catch((error: unknown) => {
        // The job has not run yet.
        if (error instanceof ApiError && error.code === 'no-set') return { lines: [] }
        throw error
      })
      return ok({ job, destination, backups: backups.lines.toReversed() })
    },
  },
  {
    method: 'GET',
    path: 'backups/{job}/{backup}/tree',
    scope: 'read',
    summary: 'list a folder of a backup',
    query: {
      path: 'the folder, relative to the source; empty: the top',
      after: 'only what follows this path: the next page',
      limit: `at most so many (default 500, at most ${mostEntries})`,
    },
    answer:
      '`{path, entries, next}`, the entries as `butcher list --json` prints them; next is null at the end',
    handle: tree,
  },
  {
    method: 'GET',
    path: 'backups/{job}/{backup}/search',
    scope: 'read',
    summary: 'find paths in a backup',
    query: {
      q: 'a part of a name, a part of a path (with a slash), or a glob',
      limit: `at most so many (default 200, at most ${mostEntries})`,
    },
    answer: '`{found, truncated}`, the entries as `butcher find --json` prints them',
    handle: search,
  },
  {
    method: 'GET',
    path: 'backups/{job}/diff',
    scope: 'read',
    summary: 'compare two backups',
    query: {
      a: 'the older one (default: the one before b)',
      b: 'the newer one (default: the newest)',
      limit: `at most so many changes (default 1000, at most ${mostEntries})`,
    },
    answer:
      '`{from, to, changes, counts, truncated}`, the changes as `butcher diff --json` prints them; counts is null if it is truncated',
    handle: diff,
  },
]

async function tree(request: ApiRequest) {
  const { destination, passphrase } = await setOf(param(request, 'job'))
  const path = pathIn(request.query.get('path') ?? '')
  const after = request.query.get('after')
  const most = numberOf(request, 'limit', { least: 1, most: mostEntries, otherwise: 500 })
  const entries: Line[] = []
  let isPast = after === null || after === ''
  let next: string | null = null
  const at = `--at=${numberParam(request, 'backup')}`
  await askButcher(['list', '--json', '--forgotten', at, '--', destination, path === '' ? '.' : path], {
    passphrase,
    signal: request.signal,
    line: (line) => {
      if (line['type'] !== 'entry') return true
      if (!isPast) {
        isPast = line['path'] === after
        return true
      }
      if (entries.length === most) {
        next = String(entries.at(-1)?.['path'])
        return false
      }
      entries.push(line)
      return true
    },
  })
  return ok({ path, entries: entries.map(withoutType), next })
}

async function search(request: ApiRequest) {
  const { destination, passphrase } = await setOf(param(request, 'job'))
  const pattern = request.query.get('q') ?? ''
  if (pattern === '') throw wrongRequest('the pattern is missing', { field: 'q' })
  const backup = numberParam(request, 'backup')
  const most = numberOf(request, 'limit', { least: 1, most: mostEntries, otherwise: 200 })
  const found: object[] = []
  let truncated = false
  const words = ['find', '--json', '--ignore-case', '--forgotten', '--', destination, pattern]
  await askButcher(words, {
    passphrase,
    signal: request.signal,
    line: (line) => {
      const isThere =
        line['type'] === 'entry' &&
        Number(line['first_backup']) <= backup &&
        Number(line['last_backup']) >= backup
      if (!isThere) return true
      if (found.length === most) {
        truncated = true
        return false
      }
      found.push(withoutType(line))
      return true
    },
  }).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.code !== 'no-match') throw error
  })
  return ok({ found, truncated })
}

async function diff(request: ApiRequest) {
  const { destination, passphrase } = await setOf(param(request, 'job'))
  const most = numberOf(request, 'limit', { least: 1, most: mostEntries, otherwise: 1000 })
  const [a, b] = ['a', 'b'].map((name) => request.query.get(name) ?? '')
  if (a === '' && b !== '') throw wrongRequest('the older backup is missing', { field: 'a' })
  const given = [a, b].filter((one) => one !== '')
  if (!given.every((one) => /^\d{1,9}$/.test(one as string)))
    throw wrongRequest('a backup is a number', { field: 'a' })
  const changes: object[] = []
  let summary: Line | undefined
  let truncated = false
  const words = ['diff', '--json', '--forgotten', '--', destination, ...(given as string[])]
  await askButcher(words, {
    passphrase,
    signal: request.signal,
    line: (line) => {
      if (line['type'] === 'summary') summary = line
      if (line['type'] !== 'change') return true
      truncated = changes.length === most
      if (!truncated) changes.push(withoutType(line))
      return !truncated
    },
  })
  const { type: _type, from = null, to = null, ...counts } = summary ?? {}
  return ok({
    from: from ?? (a === '' ? null : Number(a)),
    to: to ?? (b === '' ? null : Number(b)),
    changes,
    counts: summary === undefined ? null : counts,
    truncated,
  })
}
