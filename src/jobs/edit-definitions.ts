/** Adds, edits and removes definitions: from all of them to all of them. */

import { ButcherError } from '../errors.ts'
import type { Channel } from '../notify/channel.ts'
import type { Definitions, Item, Job, JobStore, Schedule, Vault } from './definitions.ts'

interface Kinds {
  readonly item: Item
  readonly vault: Vault
  readonly store: JobStore
  readonly schedule: Schedule
  readonly job: Job
  readonly channel: Channel
}
export type KindName = keyof Kinds
export type Definition = Kinds[KindName]

const lists = {
  item: 'items',
  vault: 'vaults',
  store: 'stores',
  schedule: 'schedules',
  job: 'jobs',
  channel: 'channels',
} as const

/** The word by which a definition is called. */
export const nameOf = (definition: Definition): string =>
  'id' in definition ? definition.id : definition.name

export const definitionsOf = <K extends KindName>(all: Definitions, kind: K): readonly Kinds[K][] =>
  (all[lists[kind]] ?? []) as readonly Definition[] as readonly Kinds[K][]

/** Throws `usage` if there is none. */
export function definitionOf<K extends KindName>(all: Definitions, kind: K, name: string): Kinds[K] {
  const known = definitionsOf(all, kind)
  const found = known.find((definition) => nameOf(definition) === name)
  if (found) return found
  throw new ButcherError('usage', `there is no ${kind} '${name}'`, {
    hint: `butcher ${kind} list shows them`,
  })
}

/** Throws `exists`. */
export function addDefinition(all: Definitions, kind: KindName, definition: Definition): Definitions {
  const known = definitionsOf(all, kind)
  const name = nameOf(definition)
  if (known.some((other) => nameOf(other) === name))
    throw new ButcherError('exists', `there is a ${kind} '${name}' already`, {
      hint: `butcher ${kind} edit '${name}' changes it`,
    })
  return withList(all, kind, [...known, definition])
}

export const replaceDefinition = (all: Definitions, kind: KindName, definition: Definition): Definitions =>
  withList(
    all,
    kind,
    definitionsOf(all, kind).map((other) => (nameOf(other) === nameOf(definition) ? definition : other)),
  )

/**
 * Removes a definition. If others need it, it throws `usage` with their names. With `force` it disables the
 * jobs that need it, with a reason; vaults lose the item, and jobs the channel.
 */
export function removeDefinition(
  all: Definitions,
  kind: KindName,
  name: string,
  force: boolean,
): Definitions {
  definitionOf(all, kind, name)
  const jobs = jobsThatNeed(all, kind, name)
  const vaults = kind === 'item' ? all.vaults.filter(({ items }) => items.includes(name)) : []
  if (!force && jobs.length + vaults.length > 0) {
    const users = [
      ...jobs.map((job) => `the job '${job.name}'`),
      ...vaults.map((vault) => `the vault '${vault.name}'`),
    ]
    throw new ButcherError(
      'usage',
      `cannot remove the ${kind} '${name}': ${users.join(', ')} ${users.length === 1 ? 'needs' : 'need'} it`,
      {
        hint:
          kind === 'channel'
            ? 'with --force these jobs lose it'
            : 'with --force these jobs are disabled, and vaults lose the item',
      },
    )
  }
  const emptied = vaults.find(({ items }) => items.length === 1)
  if (emptied)
    throw new ButcherError(
      'usage',
      `cannot remove the item '${name}': it is the only one of the vault '${emptied.name}'`,
      {
        hint: `butcher vault remove '${emptied.name}' first`,
      },
    )
  const left = withList(
    all,
    kind,
    definitionsOf(all, kind).filter((other) => nameOf(other) !== name),
  )
  return {
    ...left,
    vaults: left.vaults.map((vault) =>
      kind === 'item' ? { ...vault, items: vault.items.filter((item) => item !== name) } : vault,
    ),
    jobs: left.jobs.map((job) =>
      jobs.some((user) => user.name === job.name)
        ? kind === 'channel'
          ? withoutChannel(job, name)
          : { ...job, enabled: false, disabled_because: `the ${kind} '${name}' was removed` }
        : job,
    ),
  }
}

/** The jobs and vaults that need a definition: `job photos`, `vault home`. */
export function usersOf(all: Definitions, kind: KindName, name: string): readonly string[] {
  const holders = kind === 'item' ? all.vaults.filter(({ items }) => items.includes(name)) : []
  return [
    ...jobsThatNeed(all, kind, name).map((job) => `job ${job.name}`),
    ...holders.map((vault) => `vault ${vault.name}`),
  ]
}

const withoutChannel = (job: Job, channel: string): Job => ({
  ...job,
  notify: job.notify?.filter((one) => one !== channel) ?? [],
})

const jobsThatNeed = ({ jobs }: Definitions, kind: KindName, name: string): readonly Job[] =>
  jobs.filter(
    (job) =>
      (job.target_type === kind && job.target_name === name) ||
      (kind === 'store' && job.store_name === name) ||
      (kind === 'schedule' && job.schedule_id === name) ||
      (kind === 'channel' && job.notify?.includes(name) === true),
  )

const withList = (all: Definitions, kind: KindName, list: readonly Definition[]): Definitions => ({
  ...all,
  [lists[kind]]: list.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
})
