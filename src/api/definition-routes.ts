/** Items, vaults, stores, schedules and jobs: read, written and removed as the command line does it. */

import { createHash } from 'node:crypto'
import { changeDefinitions, readDefinitions } from '../jobs/configuration.ts'
import { scheduleTimes } from '../jobs/job-status.ts'
import { definitionFields, type Job } from '../jobs/definitions.ts'
import {
  addDefinition,
  type Definition,
  definitionOf,
  definitionsOf,
  type KindName,
  nameOf,
  removeDefinition,
  replaceDefinition,
  usersOf,
} from '../jobs/edit-definitions.ts'
import { checkFields } from '../options/check-fields.ts'
import { ApiError, wrongRequest } from './api-error.ts'
import type { ApiContext } from './api-context.ts'
import { existing } from './existing-definition.ts'
import { type Answer, created, ok } from './answer.ts'
import { type ApiRequest, param, type Route } from './route.ts'
import { jobStatuses } from './run-objects.ts'

const kinds = {
  items: 'item',
  vaults: 'vault',
  stores: 'store',
  schedules: 'schedule',
  jobs: 'job',
  channels: 'channel',
} as const satisfies Readonly<Record<string, KindName>>
type Plural = keyof typeof kinds

export const definitionRoutes: readonly Route[] = (Object.keys(kinds) as Plural[]).flatMap((plural) => {
  const kind = kinds[plural]
  const one = `${plural}/{name}`
  const article = `${kind === 'item' ? 'an' : 'a'} ${kind}`
  return [
    {
      method: 'GET',
      path: plural,
      scope: 'read',
      summary: `list the ${plural}`,
      ...(kind === 'job'
        ? { query: { status: '1: each job has its `status`, as of `jobs/{name}/status`' } }
        : {}),
      answer: `list of ${plural}, as \`butcher ${kind} list --json\` prints them`,
      handle: (request, context) => list(kind, request, context),
    },
    {
      method: 'GET',
      path: one,
      scope: 'read',
      summary: `show ${article}`,
      answer: `the ${kind}; the header ETag names this version of it`,
      handle: (request) => show(kind, request),
    },
    {
      method: 'PUT',
      path: one,
      scope: 'admin',
      summary: `create or replace ${article}`,
      body: `the ${kind}; with If-Match only this version is replaced, with If-None-Match: * none is`,
      answer: `the saved ${kind}, with its ETag; 201 if it is new; 412 if another version is there`,
      handle: (request) => save(kind, request),
    },
    {
      method: 'DELETE',
      path: one,
      scope: 'admin',
      summary: `remove ${article}; its backups stay`,
      query: { force: '1: also if something needs it; such jobs are disabled' },
      answer: '`{removed, disabled}`: the name, and the jobs that were disabled; 409 with `users` if in use',
      handle: (request) => remove(kind, request),
    },
    {
      method: 'GET',
      path: `${one}/users`,
      scope: 'read',
      summary: `list what needs ${article}`,
      answer: 'list of texts such as `job photos`',
      handle: (request) => {
        const all = readDefinitions()
        existing(all, kind, param(request, 'name'))
        return ok(usersOf(all, kind, param(request, 'name')))
      },
    },
  ] satisfies readonly Route[]
})

function list(kind: KindName, { query }: ApiRequest, context: ApiContext): Answer {
  const all = readDefinitions()
  if (kind !== 'job' || query.get('status') !== '1') return ok(definitionsOf(all, kind))
  const queue = new Set(context.daemon.queue())
  const times = scheduleTimes(new Date())
  const statuses = jobStatuses(all.jobs, all, context.reader, queue, times)
  return ok(all.jobs.map((job, i) => ({ ...job, status: statuses[i] })))
}

const etagOf = (definition: Definition): string =>
  `"${createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 32)}"`

function show(kind: KindName, request: ApiRequest): Answer {
  const found: Definition = existing(readDefinitions(), kind, param(request, 'name'))
  return ok(found, { etag: etagOf(found) })
}

function save(kind: KindName, request: ApiRequest): Answer {
  const name = param(request, 'name')
  const given = givenDefinition(kind, name, request.body)
  let before: Definition | undefined
  const after = changeDefinitions((all) => {
    before = definitionsOf(all, kind).find((one) => nameOf(one) === name)
    checkVersion(request, kind, name, before)
    const complete = withDefaults(kind, given, before)
    checkFields(`the ${kind}`, fieldsOf(kind), complete)
    return before === undefined
      ? addDefinition(all, kind, complete as unknown as Definition)
      : replaceDefinition(all, kind, complete as unknown as Definition)
  })
  const saved: Definition = definitionOf(after, kind, name)
  const headers = { etag: etagOf(saved) }
  return before === undefined ? created(saved, headers) : ok(saved, headers)
}

type Given = Readonly<Record<string, unknown>>

function givenDefinition(kind: KindName, name: string, body: unknown): Given {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw wrongRequest(`the body is not a ${kind}`)
  const key = kind === 'schedule' ? 'id' : 'name'
  // A schedule has an id, and a name for people.
  const given = { ...body, [key]: (body as Given)[key] ?? name }
  if (given[key] !== name)
    throw wrongRequest(`the ${key} in the body is not '${name}'`, {
      field: key,
      hint: 'a definition cannot be renamed',
    })
  return given
}

const defaults: Readonly<Record<KindName, Given>> = {
  item: { ignore: [] },
  vault: { ignore: [] },
  store: {},
  schedule: {},
  job: { retention: {}, enabled: true, on_mains: false, before: [], after: [] },
  channel: {},
}

function withDefaults(kind: KindName, given: Given, before: Definition | undefined): Given {
  if (kind === 'schedule') return { name: given['id'], ...given }
  if (kind !== 'job') return { ...defaults[kind], ...given }
  const madeAt = (before as Job | undefined)?.created ?? new Date().toISOString()
  const job: Given = { ...defaults.job, created: madeAt, ...given }
  if (job['enabled'] !== true) return job
  const { disabled_because: _why, ...enabled } = job
  return enabled
}

const fieldsOf = (kind: KindName) =>
  definitionFields[`${kind}s`].item?.fields as Parameters<typeof checkFields>[1]

function checkVersion(
  { headers }: ApiRequest,
  kind: KindName,
  name: string,
  before: Definition | undefined,
): void {
  if (headers['if-none-match'] === '*' && before !== undefined)
    throw new ApiError(409, 'exists', `there is a ${kind} '${name}' already`)
  const wanted = headers['if-match']
  if (wanted === undefined || (before !== undefined && (wanted === '*' || wanted === etagOf(before)))) return
  throw new ApiError(
    412,
    'changed',
    before === undefined
      ? `there is no ${kind} '${name}' any more`
      : `the ${kind} '${name}' was changed meanwhile`,
    { hint: 'load it again, and repeat your change' },
  )
}

function remove(kind: KindName, request: ApiRequest): Answer {
  const name = param(request, 'name')
  const disabled: string[] = []
  changeDefinitions((all) => {
    const found: Definition = existing(all, kind, name)
    checkVersion(request, kind, name, found)
    const isForced = request.query.get('force') === '1'
    const users = usersOf(all, kind, name)
    if (!isForced && users.length > 0)
      throw new ApiError(
        409,
        'in-use',
        `cannot remove the ${kind} '${name}': ${users.join(', ')} ${users.length === 1 ? 'needs' : 'need'} it`,
        {
          hint: 'with force these jobs are disabled, and vaults lose the item',
          users,
        },
      )
    const after = removeDefinition(all, kind, name, isForced)
    for (const job of after.jobs)
      if (!job.enabled && all.jobs.some((one) => one.name === job.name && one.enabled))
        disabled.push(job.name)
    return after
  })
  return ok({ removed: name, disabled })
}
