/** `add` and `edit` of items, vaults and stores. */

import path from 'node:path'
import { changeDefinitions } from '../../jobs/configuration.ts'
import { type Item, type JobStore, storeTypes, type Vault } from '../../jobs/definitions.ts'
import { addDefinition, definitionOf, replaceDefinition } from '../../jobs/edit-definitions.ts'
import { defined, listIfGiven, text, word, words } from '../arguments.ts'
import type { Arguments, Command } from '../command.ts'
import { usageError } from '../split-words.ts'
import { exampleNames, nameOfKind, tellSaved } from './definition-commands.ts'

const absolute = (paths: readonly string[]): readonly string[] => paths.map((one) => path.resolve(one))

/** An empty value takes the secret away. */
const secretOf = (args: Arguments, before?: string): { readonly secret?: string } => {
  const given = text(args, 'secret') ?? before
  return given === undefined || given === '' ? {} : { secret: given }
}

/** One empty value takes all patterns away. */
const ignoreOf = (args: Arguments, before: readonly string[]): readonly string[] =>
  listIfGiven(args, 'ignore')?.filter((pattern) => pattern !== '') ?? before

const itemNotes = [
  'A backup of one path has the files below it. A backup of several paths has a folder for each of them.',
  'Patterns are those of .gitignore. A pattern in quotes is safe from the shell.',
]

export const itemAdd: Command = {
  name: 'item add',
  positionals: [
    nameOfKind('item'),
    { name: 'paths', describe: 'the folders and files to back up together', count: 'many' },
  ],
  options: ['ignore', 'secret', 'json', 'quiet', 'no-progress'],
  examples: [
    ['butcher item add photos ~/Pictures', 'an item of one folder'],
    [
      `butcher item add work ~/src ~/mail --ignore '*.o' --ignore node_modules/`,
      'two folders, without some files',
    ],
  ],
  notes: itemNotes,
  run: async (call) => {
    const { args } = call
    const item: Item = {
      name: word(args, 'name'),
      paths: absolute(words(args, 'paths')),
      ignore: ignoreOf(args, []),
      ...secretOf(args),
    }
    changeDefinitions((all) => addDefinition(all, 'item', item))
    return tellSaved(call, 'item', 'added', item.name)
  },
}

export const itemEdit: Command = {
  name: 'item edit',
  positionals: [
    nameOfKind('item'),
    { name: 'paths', describe: 'the new paths, if they change', count: 'any' },
  ],
  options: ['ignore', 'secret', 'json', 'quiet', 'no-progress'],
  examples: [
    [`butcher item edit photos --ignore '*.tmp'`, 'replace the patterns; the paths stay'],
    [`butcher item edit photos ~/Pictures /srv/scans`, 'replace the paths'],
  ],
  notes: [...itemNotes, `--ignore '' and --secret '' take the patterns or the secret away.`],
  run: async (call) => {
    const { args } = call
    const name = word(args, 'name')
    const paths = words(args, 'paths')
    changeDefinitions((all) => {
      const before = definitionOf(all, 'item', name)
      return replaceDefinition(all, 'item', {
        name,
        paths: paths.length === 0 ? before.paths : absolute(paths),
        ignore: ignoreOf(args, before.ignore),
        ...secretOf(args, before.secret),
      })
    })
    return tellSaved(call, 'item', 'changed', name)
  },
}

const itemNames = (value: string): readonly string[] =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

export const vaultAdd: Command = {
  name: 'vault add',
  positionals: [nameOfKind('vault')],
  options: ['items', 'ignore', 'secret', 'json', 'quiet', 'no-progress'],
  examples: [['butcher vault add home --items photos,work --secret home', 'two items in one encrypted set']],
  notes: [
    'A vault backs up several items into one set. If a pattern of an item contradicts one of the vault, the item wins.',
  ],
  run: async (call) => {
    const { args } = call
    const items = text(args, 'items')
    if (items === undefined) throw usageError('--items is missing', 'butcher vault add NAME --items A,B')
    const vault: Vault = {
      name: word(args, 'name'),
      items: itemNames(items),
      ignore: ignoreOf(args, []),
      ...secretOf(args),
    }
    changeDefinitions((all) => addDefinition(all, 'vault', vault))
    return tellSaved(call, 'vault', 'added', vault.name)
  },
}

export const vaultEdit: Command = {
  name: 'vault edit',
  positionals: [nameOfKind('vault')],
  options: ['items', 'ignore', 'secret', 'json', 'quiet', 'no-progress'],
  examples: [['butcher vault edit home --items photos,work,mail', 'replace the list of items']],
  notes: [`--ignore '' and --secret '' take the patterns or the secret away.`],
  run: async (call) => {
    const { args } = call
    const name = word(args, 'name')
    const items = text(args, 'items')
    changeDefinitions((all) => {
      const before = definitionOf(all, 'vault', name)
      return replaceDefinition(all, 'vault', {
        name,
        items: items === undefined ? before.items : itemNames(items),
        ignore: ignoreOf(args, before.ignore),
        ...secretOf(args, before.secret),
      })
    })
    return tellSaved(call, 'vault', 'changed', name)
  },
}

const storeNotes = [
  'A job stores its set in the folder of its own name below the path.',
  'local is a folder. rclone is a path on a remote of your rclone configuration. optical is a folder in which discs are staged for burning.',
]

const storeOptions = ['type', 'path', 'remote', 'medium', 'json', 'quiet', 'no-progress'] as const
const storeChoices = { type: storeTypes }

export const storeAdd: Command = {
  name: 'store add',
  positionals: [nameOfKind('store')],
  options: storeOptions,
  choices: storeChoices,
  examples: [
    ['butcher store add usb-disk --type local --path /media/usb/backups', 'a folder on a USB disk'],
    ['butcher store add cloud --type rclone --remote nas --path backups', 'a path on an rclone remote'],
    ['butcher store add discs --type optical --path ~/discs --medium bd50', 'discs to burn'],
  ],
  notes: storeNotes,
  run: async (call) => {
    const { args } = call
    const type = (text(args, 'type') ?? 'local') as JobStore['type']
    const given = text(args, 'path')
    if (given === undefined && type !== 'rclone')
      throw usageError('--path is missing', 'the folder of the store')
    const store: JobStore = {
      name: word(args, 'name'),
      type,
      path: type === 'rclone' ? (given ?? '') : path.resolve(given as string),
      ...defined({ remote: text(args, 'remote')?.replace(/:$/, ''), medium: text(args, 'medium') }),
    }
    changeDefinitions((all) => addDefinition(all, 'store', store))
    return tellSaved(call, 'store', 'added', store.name)
  },
}

export const storeEdit: Command = {
  name: 'store edit',
  positionals: [nameOfKind('store')],
  options: storeOptions.filter((name) => name !== 'type'),
  examples: [
    [
      `butcher store edit ${exampleNames.store} --path /media/new/backups`,
      'the disk is mounted elsewhere now',
    ],
  ],
  notes: ['butcher moves nothing: move the sets to the new place yourself.'],
  run: async (call) => {
    const { args } = call
    const name = word(args, 'name')
    changeDefinitions((all) => {
      const before = definitionOf(all, 'store', name)
      const given = text(args, 'path')
      return replaceDefinition(all, 'store', {
        ...before,
        ...defined({
          path: given === undefined || before.type === 'rclone' ? given : path.resolve(given),
          remote: text(args, 'remote')?.replace(/:$/, ''),
          medium: text(args, 'medium'),
        }),
      })
    })
    return tellSaved(call, 'store', 'changed', name)
  },
}
