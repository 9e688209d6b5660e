/** The call of `butcher backup` that a job stands for. Pure: definitions in, words out. */

import { ButcherError } from '../errors.ts'
import { definitionOf } from './edit-definitions.ts'
import type { Definitions, Item, Job, JobStore } from './definitions.ts'

export interface BackupCall {
  readonly sources: readonly Source[]
  /** Where the set is: a folder, or `rclone:REMOTE:PATH`. */
  readonly destination: string
  /** The words after `butcher`, without secrets. */
  readonly words: readonly string[]
  /** The name of the secret that encrypts the set. */
  readonly secret: string | undefined
}

interface Source {
  readonly path: string
  /** Its name in a backup of several sources. */
  readonly name: string
}

export function backupCall(job: Job, definitions: Definitions): BackupCall {
  const { items, ignore, secret } = targetOf(job, definitions)
  const sources = namedSources(items, job.target_type === 'vault')
  const destination = placeOf(definitionOf(definitions, 'store', job.store_name), job)
  const isOne = sources.length === 1 && job.target_type === 'item'
  const patterns = isOne
    ? [...ignore, ...(items[0] as Item).ignore]
    : [...ignore, ...sources.flatMap(({ name, item }) => item.ignore.map((pattern) => below(name, pattern)))]
  const store = definitionOf(definitions, 'store', job.store_name)
  return {
    sources,
    destination,
    secret,
    words: [
      'backup',
      ...(isOne ? [] : sources.map(({ name }) => `--as=${name}`)),
      ...patterns.map((pattern) => `--exclude=${pattern}`),
      '--reset-options',
      `--medium=${store.type === 'optical' ? (store.medium ?? 'bd25') : 'unlimited'}`,
      ...(secret === undefined ? ['--no-encrypt'] : ['--encrypt']),
      '--json',
      '--',
      ...sources.map(({ path }) => path),
      destination,
    ],
  }
}

interface Target {
  readonly items: readonly Item[]
  /** Patterns for all items. */
  readonly ignore: readonly string[]
  readonly secret: string | undefined
}

function targetOf({ target_type: type, target_name: name }: Job, definitions: Definitions): Target {
  if (type === 'item') {
    const item = definitionOf(definitions, 'item', name)
    return { items: [item], ignore: [], secret: item.secret }
  }
  const vault = definitionOf(definitions, 'vault', name)
  const items = vault.items.map((one) => definitionOf(definitions, 'item', one))
  return { items, ignore: vault.ignore, secret: vault.secret ?? oneSecretOf(items, name) }
}

/** A vault without a secret of its own takes that of its items, if they agree: one set has one secret. */
function oneSecretOf(items: readonly Item[], vault: string): string | undefined {
  const secrets = new Set(items.map(({ secret }) => secret))
  if (secrets.size <= 1) return items[0]?.secret
  throw new ButcherError('usage', `the items of the vault '${vault}' have different secrets`, {
    hint: `give the vault a secret: butcher vault edit '${vault}' --secret NAME`,
  })
}

/** An item of one path has its own name, one of several paths the name of each path behind it. */
function namedSources(
  items: readonly Item[],
  isVault: boolean,
): readonly (Source & { readonly item: Item })[] {
  const sources = items.flatMap((item) =>
    item.paths.map((path) => {
      const last = path.replace(/\/+$/, '').split('/').at(-1) || 'root'
      const name = item.paths.length === 1 ? item.name : isVault ? `${item.name} - ${last}` : last
      return { path, name, item }
    }),
  )
  const twice = sources.find(({ name }, i) => sources.findIndex((other) => other.name === name) < i)
  if (twice)
    throw new ButcherError('usage', `two paths would have the name '${twice.name}' in the backup`, {
      hint: 'put one of them into an item of its own',
    })
  return sources
}

/** A pattern of one source as a pattern of all: the rules of gitignore, below the name of the source. */
export function below(name: string, pattern: string): string {
  const [, not, rest] = /^(!?)(.*)$/s.exec(pattern) as unknown as [string, string, string]
  const folder = name.replace(/[\\*?[\]]/g, '\\$&')
  const body = rest.replace(/\/$/, '')
  if (body.includes('/')) return `${not}/${folder}/${rest.replace(/^\//, '')}`
  return `${not}/${folder}/**/${rest}`
}

function placeOf({ type, path, remote }: JobStore, { name }: Job): string {
  const folder = path === '' ? name : `${path.replace(/\/+$/, '')}/${name}`
  return type === 'rclone' ? `rclone:${remote}:${folder}` : folder
}
