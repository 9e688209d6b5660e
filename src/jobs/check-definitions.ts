/** Checks definitions against each other: names, references, schedules and stores. */

import { ButcherError } from '../errors.ts'
import { checkFields } from '../options/check-fields.ts'
import type { Channel } from '../notify/channel.ts'
import { checkTiming } from '../schedule/schedule.ts'
import {
  type Definitions,
  definitionFields,
  type Item,
  type Job,
  type JobStore,
  type Vault,
} from './definitions.ts'

/** Throws `usage`, naming the first thing that is wrong. */
export function checkDefinitions(value: unknown, now: Date): asserts value is Definitions {
  checkFields('the configuration', definitionFields, value)
  const definitions = value as Definitions
  for (const [kind, names] of namesByKind(definitions)) checkUnique(kind, names)
  for (const item of definitions.items) checkItem(item)
  for (const vault of definitions.vaults) checkVault(vault, definitions)
  for (const store of definitions.stores) checkStore(store)
  for (const schedule of definitions.schedules) checkTiming(schedule, now)
  for (const channel of definitions.channels ?? []) checkChannel(channel)
  for (const job of definitions.jobs) checkJob(job, definitions)
}

const namesByKind = (all: Definitions): readonly (readonly [string, readonly string[]])[] => [
  ['item', all.items.map(({ name }) => name)],
  ['vault', all.vaults.map(({ name }) => name)],
  ['store', all.stores.map(({ name }) => name)],
  ['schedule', all.schedules.map(({ id }) => id)],
  ['job', all.jobs.map(({ name }) => name)],
  ['channel', all.channels?.map(({ name }) => name) ?? []],
  ['secret', all.secrets.map(({ name }) => name)],
]

/** Two names that differ by case alone would be one folder in some stores. */
function checkUnique(kind: string, names: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const folded = name.normalize('NFC').toLowerCase()
    const other = seen.get(folded)
    if (other === name) throw wrong(`there is a ${kind} '${name}' already`)
    if (other !== undefined) throw wrong(`the ${kind}s '${other}' and '${name}' differ by case alone`)
    seen.set(folded, name)
  }
}

function checkItem({ name, paths }: Item): void {
  if (new Set(paths).size < paths.length) throw wrong(`the item '${name}' has a path twice`)
}

function checkVault(vault: Vault, { items }: Definitions): void {
  for (const name of vault.items)
    if (!items.some((item) => item.name === name))
      throw wrong(
        `the vault '${vault.name}' needs the item '${name}', which does not exist`,
        'butcher item list',
      )
  if (new Set(vault.items).size < vault.items.length)
    throw wrong(`the vault '${vault.name}' has an item twice`)
}

function checkStore({ name, type, path, remote, medium }: JobStore): void {
  if (type === 'rclone') {
    if (remote === undefined) throw wrong(`the store '${name}' needs a remote`, 'give it with --remote')
    if (/[:\s]/.test(remote))
      throw wrong(`the remote '${remote}' of the store '${name}' has a colon or a blank in it`)
  } else {
    if (remote !== undefined) throw wrong(`the store '${name}' of type ${type} takes no remote`)
    if (!path.startsWith('/')) throw wrong(`the path of the store '${name}' is not absolute`)
  }
  if (medium !== undefined && type !== 'optical')
    throw wrong(`the store '${name}' of type ${type} takes no medium: only discs have one`)
}

const fieldsOfKind: Readonly<Record<Channel['kind'], readonly (keyof Channel)[]>> = {
  command: ['command'],
  webhook: ['url', 'url_secret', 'secret'],
  ping: ['url', 'url_secret'],
  email: ['to', 'from'],
  desktop: [],
}

function checkChannel(channel: Channel): void {
  const { name, kind, command, url, url_secret: urlSecret, to } = channel
  const own = fieldsOfKind[kind]
  const foreign = (['command', 'url', 'url_secret', 'secret', 'to', 'from'] as const).find(
    (field) => channel[field] !== undefined && !own.includes(field),
  )
  if (foreign !== undefined) throw wrong(`the channel '${name}' of type ${kind} takes no ${foreign}`)
  if (kind === 'command' && command === undefined) throw wrong(`the channel '${name}' needs a command`)
  if (kind === 'email' && to === undefined) throw wrong(`the channel '${name}' needs an address`)
  if (own.includes('url') && (url === undefined) === (urlSecret === undefined))
    throw wrong(`the channel '${name}' needs a URL, or the secret that holds it`)
  if (url !== undefined && !/^https?:\/\/[^/]/i.test(url))
    throw wrong(`the URL of the channel '${name}' does not begin with http:// or https://`)
}

/** A job that is disabled may refer to something that is gone. */
function checkJob(job: Job, definitions: Definitions): void {
  const problem = missingOf(job, definitions)
  if (problem !== undefined && job.enabled)
    throw wrong(`the job '${job.name}' needs ${problem}, which does not exist`)
  const stranger = job.notify?.find((name) => !definitions.channels?.some((one) => one.name === name))
  if (stranger !== undefined)
    throw wrong(
      `the job '${job.name}' needs the channel '${stranger}', which does not exist`,
      'butcher channel list',
    )
  const store = definitions.stores.find(({ name }) => name === job.store_name)
  if (store?.type === 'optical' && Object.keys(job.retention).length > 0)
    throw wrong(
      `the job '${job.name}' cannot forget backups: its store '${store.name}' is of discs`,
      'a burned disc cannot be changed, so discs keep all backups',
    )
}

/** The first thing that the job refers to and that does not exist: `the item 'photos'`. */
function missingOf(job: Job, { items, vaults, stores, schedules }: Definitions): string | undefined {
  const targets = job.target_type === 'item' ? items : vaults
  if (!targets.some(({ name }) => name === job.target_name))
    return `the ${job.target_type} '${job.target_name}'`
  if (!stores.some(({ name }) => name === job.store_name)) return `the store '${job.store_name}'`
  if (job.schedule_id !== undefined && !schedules.some(({ id }) => id === job.schedule_id))
    return `the schedule '${job.schedule_id}'`
  return undefined
}

const wrong = (message: string, hint?: string): ButcherError =>
  new ButcherError('usage', message, hint === undefined ? {} : { hint })
