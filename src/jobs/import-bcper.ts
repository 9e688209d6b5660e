/**
 * Definitions of bcper (`config.json`) as definitions of butcher. Pure: text in, definitions, passphrases and
 * remarks out.
 */

import path from 'node:path'
import { ButcherError } from '../errors.ts'
import type { Definitions, Item, Job, JobStore, Schedule, Vault } from './definitions.ts'
import { noDefinitions } from './definitions.ts'

export interface Imported {
  readonly definitions: Definitions
  /** By the name of the secret. */
  readonly passphrases: ReadonlyMap<string, string>
  /** Each change of meaning: one sentence. */
  readonly remarks: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

/** `home`: for `~` in paths. `zone`: bcper uses the clock of the machine. Throws `usage` for another file. */
export function importBcper(words: string, file: string, home: string, zone: string, now: Date): Imported {
  const config = parse(words, file)
  const remarks: string[] = []
  const passphrases = new Map<string, string>()
  const secretOf = (kind: string, name: string, password: unknown): { readonly secret?: string } => {
    if (typeof password !== 'string' || password === '') return {}
    const secret = `${kind}-${name}`.replace(/[^\w.-]/g, '_')
    passphrases.set(secret, password)
    return { secret }
  }
  const patternsOf = (owner: string, patterns: unknown): readonly string[] =>
    texts(patterns).flatMap((pattern) => translatePattern(pattern, owner, remarks))
  const names = new Names(remarks)

  const items = entries(config, 'items').map(([key, fields]): Item => ({
    name: names.of('item', key),
    paths: texts(fields['paths']).map((one) => expand(one, home)),
    ignore: patternsOf(`item ${key}`, fields['bcpignore']),
    ...secretOf('item', key, fields['password']),
  }))
  const vaults = entries(config, 'vaults').map(([key, fields]): Vault => ({
    name: names.of('vault', key),
    items: texts(fields['item_keys']).map((item) => names.of('item', item)),
    ignore: patternsOf(`vault ${key}`, fields['bcpignore']),
    ...secretOf('vault', key, fields['password']),
  }))
  const stores = entries(config, 'stores').map(([key, fields]) =>
    storeOf(names.of('store', key), fields, home),
  )
  const schedules = entries(config, 'frequencies').map(([key, fields]): Schedule => ({
    id: names.of('schedule', key),
    name: text(fields['name']) || key,
    cron: cronOf(key, fields, remarks),
    zone,
  }))
  const jobs = entries(config, 'jobs').map(([key, fields]) => jobOf(key, fields, names, now))
  return { definitions: { ...noDefinitions, items, vaults, stores, schedules, jobs }, passphrases, remarks }
}

function parse(words: string, file: string): Fields {
  try {
    const value: unknown = JSON.parse(words)
    if (isObject(value) && ('items' in value || 'jobs' in value)) return value
  } catch {
    // the message below
  }
  throw new ButcherError('usage', `${file} is not a configuration of bcper`, { path: file })
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

const entries = (config: Fields, map: string): readonly (readonly [string, Fields])[] =>
  isObject(config[map])
    ? Object.entries(config[map]).filter((entry): entry is [string, Fields] => isObject(entry[1]))
    : []

const expand = (given: string, home: string): string =>
  path.resolve(home, given === '~' || given.startsWith('~/') ? `.${given.slice(1)}` : given)

/** Names that butcher can use, one for each name of bcper. */
class Names {
  readonly #remarks: string[]
  readonly #given = new Map<string, string>()
  constructor(remarks: string[]) {
    this.#remarks = remarks
  }

  of(kind: string, name: string): string {
    const key = `${kind} ${name}`
    const known = this.#given.get(key)
    if (known !== undefined) return known
    const plain = name.replace(/[/\\\p{C}]/gu, '_').replace(/^[\s.-]+|\s+$/g, '') || kind
    const taken = new Set(
      [...this.#given].filter(([other]) => other.startsWith(`${kind} `)).map(([, one]) => one.toLowerCase()),
    )
    let free = plain
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${plain}-${i}`
    if (free !== name) this.#remarks.push(`The ${kind} '${name}' is called '${free}' now.`)
    this.#given.set(key, free)
    return free
  }
}

function storeOf(name: string, fields: Fields, home: string): JobStore {
  const given = text(fields['path'])
  return fields['type'] === 'rclone'
    ? { name, type: 'rclone', remote: text(fields['remote']), path: given }
    : { name, type: 'local', path: expand(given, home) }
}

/** Older files have a period in place of an expression. */
function cronOf(key: string, fields: Fields, remarks: string[]): string {
  if (typeof fields['cron'] === 'string') return fields['cron'].trim()
  const every = typeof fields['interval'] === 'number' ? fields['interval'] : 1
  const period = text(fields['period_type'])
  if (period === 'hourly') return every > 1 && 24 % every === 0 ? `0 */${every} * * *` : '0 * * * *'
  if (period === 'daily') return every > 1 ? `0 2 */${every} * *` : '0 2 * * *'
  if (period !== 'once') remarks.push(`The schedule '${key}' has no times, so its jobs run once.`)
  return ''
}

function jobOf(key: string, fields: Fields, names: Names, now: Date): Job {
  const type = fields['target_type'] === 'vault' ? 'vault' : 'item'
  const keep = fields['keep_last']
  return {
    name: names.of('job', text(fields['name']) || key),
    target_type: type,
    target_name: names.of(type, text(fields['target_name'])),
    store_name: names.of('store', text(fields['store_name'])),
    schedule_id: names.of('schedule', text(fields['frequency_id'])),
    retention: typeof keep === 'number' && Number.isSafeInteger(keep) && keep > 0 ? { last: keep } : {},
    enabled: false,
    disabled_because: 'imported from bcper: look at it, then butcher job resume',
    on_mains: false,
    before: [],
    after: [],
    created: now.toISOString(),
  }
}

/**
 * In bcper `*` also matches a slash, a leading slash anchors nothing, and a pattern without a slash fits the
 * last name. Each pattern that means something else now is remarked on.
 */
function translatePattern(pattern: string, owner: string, remarks: string[]): readonly string[] {
  const line = pattern.trim()
  if (line === '' || line.startsWith('#')) return []
  const body = line.replace(/^!/, '')
  const inner = body.replace(/\/$/, '')
  const remark = (why: string): void => void remarks.push(`The pattern '${line}' of the ${owner} ${why}.`)
  if (body.startsWith('/')) remark('begins at the source now; in bcper it fitted nothing')
  else if (inner.includes('/') && /(?<!\*)\*(?!\*)/.test(inner))
    remark('has a * that does not match a slash any more')
  if (body.endsWith('/')) remark('leaves out folders only; in bcper it left out files of that name as well')
  return [line]
}
