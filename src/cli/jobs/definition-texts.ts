/** Definitions as texts for people. */

import type { Definitions, Item, Job, JobStore, Retention, Schedule, Vault } from '../../jobs/definitions.ts'
import { type Definition, type KindName, nameOf, usersOf } from '../../jobs/edit-definitions.ts'
import type { Channel } from '../../notify/channel.ts'
import { describeCron } from '../../schedule/describe-cron.ts'
import { nextOccurrence, nextOccurrences } from '../../schedule/schedule.ts'

export interface Column {
  readonly title: string
  readonly text: (one: Definition, all: Definitions) => string
}

const columns: {
  readonly [K in KindName]: readonly (readonly [
    title: string,
    text: (one: never, all: Definitions) => string,
  ])[]
} = {
  item: [
    ['item', ({ name }: Item) => name],
    ['paths', ({ paths }: Item) => paths.join(', ')],
    ['ignores', ({ ignore }: Item) => ignore.join(', ') || '-'],
    ['secret', ({ secret }: Item) => secret ?? '-'],
  ],
  vault: [
    ['vault', ({ name }: Vault) => name],
    ['items', ({ items }: Vault) => items.join(', ')],
    ['ignores', ({ ignore }: Vault) => ignore.join(', ') || '-'],
    ['secret', ({ secret }: Vault) => secret ?? '-'],
  ],
  store: [
    ['store', ({ name }: JobStore) => name],
    ['type', ({ type }: JobStore) => type],
    ['place', (store: JobStore) => storePlace(store)],
  ],
  schedule: [
    ['schedule', ({ id }: Schedule) => id],
    ['name', ({ name }: Schedule) => name],
    ['when', ({ cron }: Schedule) => describeCron(cron)],
    ['zone', ({ zone }: Schedule) => zone],
    ['next', (schedule: Schedule) => showTime(nextOccurrence(schedule, new Date()), schedule.zone)],
  ],
  job: [
    ['job', ({ name }: Job) => name],
    ['backs up', ({ target_type: type, target_name: name }: Job) => `${type} ${name}`],
    ['to', ({ store_name: store }: Job) => store],
    ['when', ({ schedule_id: id }: Job) => id ?? 'by hand'],
    ['keeps', ({ retention }: Job) => retentionText(retention)],
    ['state', (job: Job) => stateText(job)],
  ],
  channel: [
    ['channel', ({ name }: Channel) => name],
    ['type', ({ kind }: Channel) => kind],
    ['to', (channel: Channel) => channelPlace(channel)],
    ['events', ({ events }: Channel) => events?.join(', ') ?? 'all'],
  ],
}

export const columnsOf = (kind: KindName): readonly Column[] =>
  columns[kind].map(([title, text]) => ({ title, text: text as Column['text'] }))

/** The rows of `show`: a title and a text. */
export function factsOf(
  kind: KindName,
  one: Definition,
  all: Definitions,
): readonly (readonly [string, string])[] {
  const facts = columnsOf(kind).map(({ title, text }) => [title, text(one, all)] as const)
  if (kind === 'schedule') return [...facts.slice(0, -1), ...nextFacts(one as Schedule)]
  if (kind !== 'job') return [...facts, ['used by', usersOf(all, kind, nameOf(one)).join(', ') || '-']]
  const { before, after, on_mains: onMains, notify, created } = one as Job
  return [
    ...facts,
    ['before', commandsText(before)],
    ['after', commandsText(after)],
    ['tells', notify?.join(', ') ?? 'all channels'],
    ['on mains only', onMains ? 'yes' : 'no'],
    ['created', created],
  ]
}

const nextShown = 5

const nextFacts = (schedule: Schedule): readonly (readonly [string, string])[] =>
  nextOccurrences(schedule, new Date(), nextShown).map((date, i) => [
    i === 0 ? 'next' : '',
    showTime(date, schedule.zone),
  ])

const storePlace = ({ type, path, remote, medium }: JobStore): string =>
  type === 'rclone' ? `${remote}:${path}` : type === 'optical' ? `${path} (${medium ?? 'bd25'})` : path

const channelPlace = ({ to, url, url_secret: secret, command }: Channel): string =>
  to?.join(', ') ??
  url ??
  (secret === undefined ? undefined : `secret ${secret}`) ??
  command?.join(' ') ??
  '-'

function retentionText(retention: Retention): string {
  const parts = Object.entries(retention).map(([unit, count]) => `${count} ${unit}`)
  return parts.join(', ') || 'all'
}

const stateText = ({ enabled, disabled_because: why }: Job): string =>
  enabled ? 'enabled' : `paused${why === undefined ? '' : `: ${why}`}`

const commandsText = (commands: readonly (readonly string[])[]): string =>
  commands.map((words) => JSON.stringify(words)).join(' ') || '-'

/** `2026-11-28 22:00 Europe/Berlin` */
export function showTime(date: Date | undefined, zone: string): string {
  if (date === undefined) return '-'
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(date)
  return `${text} ${zone}`
}
