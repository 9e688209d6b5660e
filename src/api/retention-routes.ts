/** Which backups stay: previews of rules, pins, and backups that are forgotten by hand. */

import { type Fields, filledList, flag, needed, optional, whole } from '../options/check-fields.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { forgetRules } from '../jobs/forget-rules.ts'
import type { Retention } from '../jobs/definitions.ts'
import { linesOf, setOf } from './ask-butcher.ts'
import { ok } from './answer.ts'
import { checkedBody, numberParam } from './checked-body.ts'
import { existing } from './existing-definition.ts'
import { type ApiRequest, param, type Route } from './route.ts'

const rules: Fields<Retention> = {
  last: optional(whole),
  hourly: optional(whole),
  daily: optional(whole),
  weekly: optional(whole),
  monthly: optional(whole),
  yearly: optional(whole),
}

export const retentionRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: 'jobs/{name}/retention/preview',
    scope: 'read',
    summary: 'show which backups of a job some rules keep; nothing is changed',
    body: '`{last, hourly, daily, weekly, monthly, yearly}`; without any, the rules of the job',
    answer:
      '`{backups, forgotten, held, bytes_freed}`, the backups as `butcher forget --json` prints them; held is the reason why the rules would not be applied now',
    handle: preview,
  },
  {
    method: 'POST',
    path: 'backups/{job}/{backup}/pin',
    scope: 'admin',
    summary: 'keep a backup for good',
    answer: '`{pinned}`: all pinned backups of the set',
    handle: (request) => pin(request, 'pin'),
  },
  {
    method: 'POST',
    path: 'backups/{job}/{backup}/unpin',
    scope: 'admin',
    summary: 'let the rules forget a backup again',
    answer: '`{pinned}`: all pinned backups of the set',
    handle: (request) => pin(request, 'unpin'),
  },
  {
    method: 'POST',
    path: 'backups/{job}/forget',
    scope: 'admin',
    summary: 'forget backups',
    body: '`{backups, dry_run, prune}`: numbers; whether to change nothing; whether to free their room',
    answer:
      '`{forgotten, count, bytes_freed, dry_run}`; bytes_freed is of a prune, and with a dry run an estimate, else null',
    handle: forget,
  },
  {
    method: 'POST',
    path: 'backups/{job}/undo',
    scope: 'admin',
    summary: 'take forgotten backups back, until a prune',
    body: '`{backups}`: numbers',
    answer: '`{undone}`',
    handle: async (request) => {
      const { backups } = checkedBody<{ readonly backups: readonly number[] }>(request, {
        backups: needed(filledList(whole)),
      })
      const { summary } = await askSet(request, ['forget', `--undo=${backups.join(',')}`])
      return ok({ undone: summary['undone'] })
    },
  },
]

async function preview(request: ApiRequest) {
  const all = readDefinitions()
  const job = existing(all, 'job', param(request, 'name'))
  const given = checkedBody<Retention>(request, rules)
  const retention = Object.keys(given).length === 0 ? job.retention : given
  if (Object.keys(retention).length === 0)
    return ok({ backups: [], forgotten: [], held: 'there are no rules: all backups stay', bytes_freed: null })
  const { destination, passphrase } = await setOf(job.name)
  const words = [
    'forget',
    '--dry-run',
    '--prune',
    '--json',
    ...forgetRules(job, all, retention),
    '--',
    destination,
  ]
  const { lines, summary } = await linesOf(words, 'backup', { passphrase, signal: request.signal })
  const { forgotten, held, prune } = summary as ForgetSummary
  return ok({ backups: lines, forgotten, held, bytes_freed: prune?.bytes_freed ?? null })
}

interface ForgetSummary {
  readonly forgotten?: readonly number[]
  readonly held?: string | null
  readonly prune?: { readonly bytes_freed: number }
}

async function pin(request: ApiRequest, verb: 'pin' | 'unpin') {
  const backup = numberParam(request, 'backup')
  const { summary } = await askSet(request, [verb], [String(backup)])
  return ok({ pinned: summary['pinned'] })
}

async function forget(request: ApiRequest) {
  const body = checkedBody<{
    readonly backups: readonly number[]
    readonly dry_run?: boolean
    readonly prune?: boolean
  }>(request, { backups: needed(filledList(whole)), dry_run: optional(flag), prune: optional(flag) })
  const { summary } = await askSet(request, [
    'forget',
    `--backup=${body.backups.join(',')}`,
    ...(body.dry_run === true ? ['--dry-run'] : []),
    // A dry run also estimates the room.
    ...(body.prune === true || body.dry_run === true ? ['--prune'] : []),
  ])
  const { forgotten = [], prune } = summary as ForgetSummary
  return ok({
    forgotten,
    count: forgotten.length,
    bytes_freed: prune?.bytes_freed ?? null,
    dry_run: body.dry_run === true,
  })
}

async function askSet(request: ApiRequest, words: readonly string[], more: readonly string[] = []) {
  const { destination, passphrase } = await setOf(param(request, 'job'))
  // A change goes on if the browser goes away.
  const signal = new AbortController().signal
  return linesOf([...words, '--json', '--', destination, ...more], 'backup', { passphrase, signal })
}
