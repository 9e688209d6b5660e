/**
 * The values that a shell can complete: those of an option, the numbers of a set's backups and discs, the
 * shells.
 */

import { mediumNames } from '../format/medium.ts'
import { choicesOf } from './command.ts'
import { commandIn, findCommand } from './command-list.ts'
import { shells } from './completion-scripts.ts'
import { isOptionName } from './options.ts'
import { isFlagIn } from './split-words.ts'
import type { KindName } from '../jobs/edit-definitions.ts'

const withDiscs = new Set(['burn', 'iso', 'label', 'spare'])
const withBackups = new Set(['pin', 'unpin'])
const discOptions = new Set(['lost', 'found', 'locate', 'if-lost', 'replace-disc'])

/**
 * `words` begin with `butcher`, and end with the unfinished word. Undefined if no value is expected, or none
 * is known.
 */
export async function completedValues(words: readonly string[]): Promise<readonly string[] | undefined> {
  const typed = words.at(-1) ?? ''
  const before = words.slice(1, -1)
  const name = /^--(.+)$/.exec(before.at(-1) ?? '')?.[1]
  const isFlag = name !== undefined && isOptionName(name) && isFlagIn(name, before)
  const values = await valuesFor(before, isFlag ? undefined : name)
  return values?.filter((value) => value.startsWith(typed))
}

async function valuesFor(
  before: readonly string[],
  option: string | undefined,
): Promise<readonly string[] | undefined> {
  const found = commandIn(before)
  if (found === undefined) return undefined
  const command = found.entry.name
  if (command === 'completion') return shells
  if (option === 'medium') return mediumNames
  if (option === 'at' || option === 'backup') return numbersOf(before, 'backup')
  if (option !== undefined && discOptions.has(option)) return numbersOf(before, 'disc')
  if (option !== undefined && optionKinds[option]) return namesOf(await kindOfTarget(before, option))
  if (option !== undefined && isOptionName(option)) return choicesOf(await found.entry.load(), option)
  if (option !== undefined) return undefined
  if (command.startsWith('device ')) return devicePaths()
  const [family, verb] = command.split(' ') as [string, string?]
  if (verb !== undefined && family in lists && verb !== 'add' && verb !== 'list' && found.rest.length === 0)
    return namesOf(family as KindName)
  const [place] = found.rest
  if (withBackups.has(command) && place !== undefined) return numbersOf([place], 'backup')
  return withDiscs.has(command) && place !== undefined ? numbersOf([place], 'disc') : undefined
}

const lists: Readonly<Record<KindName, true>> = {
  item: true,
  vault: true,
  store: true,
  schedule: true,
  job: true,
  channel: true,
}

/** Options whose value is the name of a definition. */
const optionKinds: Readonly<Record<string, KindName>> = {
  'target-name': 'item',
  'store-name': 'store',
  'frequency-id': 'schedule',
  items: 'item',
  notify: 'channel',
}

const kindOfTarget = (before: readonly string[], option: string): KindName =>
  option === 'target-name' && before.includes('vault') ? 'vault' : (optionKinds[option] as KindName)

async function namesOf(kind: KindName): Promise<readonly string[] | undefined> {
  const { readDefinitions } = await import('../jobs/configuration.ts')
  const { definitionsOf, nameOf } = await import('../jobs/edit-definitions.ts')
  try {
    return definitionsOf(readDefinitions(), kind).map(nameOf)
  } catch {
    return undefined // a configuration that is wrong: the command itself reports it
  }
}

/** The disks that butcher offers. */
async function devicePaths(): Promise<string[] | undefined> {
  const { listDevices } = await import('../device/list-devices.ts')
  const { thisMachine } = await import('../device/this-machine.ts')
  const devices = await listDevices(thisMachine).catch(() => [])
  const offered = devices.filter(({ selectable }) => selectable)
  return offered.length === 0 ? undefined : offered.map(({ path }) => path)
}

/** Reads the first word that is a set with an unencrypted catalog: nobody types a passphrase at a TAB. */
async function numbersOf(words: readonly string[], table: 'backup' | 'disc'): Promise<string[] | undefined> {
  const { openCatalog } = await import('../set/open-catalog.ts')
  const { backupRows, discRows } = await import('../catalog/set-rows.ts')
  for (const word of words.filter((one) => !one.startsWith('-') && findCommand(one) === undefined)) {
    try {
      const catalog = await openCatalog([word], {}, { checks: 'as-read' })
      try {
        const rows = table === 'backup' ? backupRows(catalog.db) : discRows(catalog.db)
        return rows.map(({ number }) => String(number))
      } finally {
        catalog.close()
      }
    } catch {
      // no set, or an encrypted one
    }
  }
  return undefined
}
