/** The commands of jobs, as entries of the list of commands. */

import type { Command } from '../command.ts'
import type { CommandEntry } from '../command-entry.ts'

const group = 'Jobs'

type Kind = 'item' | 'vault' | 'store' | 'schedule' | 'job' | 'channel'

const kinds: Readonly<Record<Kind, string>> = {
  item: 'paths that are backed up together',
  vault: 'items in one set',
  store: 'a place for sets',
  schedule: 'the times of a job',
  job: 'an item or a vault, its store and its schedule',
  channel: 'a way to be told of runs',
}

const changes: Readonly<Record<Kind, Readonly<Record<'add' | 'edit', () => Promise<Command>>>>> = {
  item: {
    add: async () => (await import('./item-commands.ts')).itemAdd,
    edit: async () => (await import('./item-commands.ts')).itemEdit,
  },
  vault: {
    add: async () => (await import('./item-commands.ts')).vaultAdd,
    edit: async () => (await import('./item-commands.ts')).vaultEdit,
  },
  store: {
    add: async () => (await import('./item-commands.ts')).storeAdd,
    edit: async () => (await import('./item-commands.ts')).storeEdit,
  },
  schedule: {
    add: async () => (await import('./schedule-commands.ts')).scheduleAdd,
    edit: async () => (await import('./schedule-commands.ts')).scheduleEdit,
  },
  job: {
    add: async () => (await import('./job-commands.ts')).jobAdd,
    edit: async () => (await import('./job-commands.ts')).jobEdit,
  },
  channel: {
    add: async () => (await import('./channel-commands.ts')).channelAdd,
    edit: async () => (await import('./channel-commands.ts')).channelEdit,
  },
}

const entry = (kind: Kind, verb: string, summary: string, load: () => Promise<Command>): CommandEntry => ({
  name: `${kind} ${verb}`,
  ...(kind === 'schedule' ? { aliases: [`frequency ${verb}`] } : {}),
  group,
  summary,
  load,
})

const article = (kind: Kind): string => `${kind === 'item' ? 'an' : 'a'} ${kind}`

const definitionEntries = (Object.keys(kinds) as Kind[]).flatMap((kind) => [
  entry(kind, 'add', `add ${article(kind)}: ${kinds[kind]}`, changes[kind].add),
  entry(kind, 'list', `list the ${kind}s`, async () =>
    (await import('./definition-commands.ts')).listDefinitions(kind),
  ),
  entry(kind, 'show', `show everything about ${article(kind)}`, async () =>
    (await import('./definition-commands.ts')).showDefinition(kind),
  ),
  entry(kind, 'edit', `change ${article(kind)}`, changes[kind].edit),
  entry(
    kind,
    'remove',
    `remove ${article(kind)}${kind === 'channel' ? '' : '; the backups stay'}`,
    async () => (await import('./definition-commands.ts')).removeDefinitionCommand(kind),
  ),
])

const ownEntries: readonly CommandEntry[] = [
  ...definitionEntries,
  {
    name: 'store test',
    group,
    summary: 'write a small file into a store, read it back, delete it',
    load: async () => (await import('./store-test-command.ts')).storeTest,
  },
  {
    name: 'job run',
    group,
    summary: 'run a job now',
    load: async () => (await import('./run-commands.ts')).jobRun,
  },
  {
    name: 'job pause',
    group,
    summary: 'keep a job from being started by its schedule',
    load: async () => (await import('./job-commands.ts')).jobPause,
  },
  {
    name: 'job resume',
    group,
    summary: 'let the schedule start a job again',
    load: async () => (await import('./job-commands.ts')).jobResume,
  },
  {
    name: 'channel test',
    group,
    summary: 'send a test message to a channel',
    load: async () => (await import('./channel-commands.ts')).channelTest,
  },
  {
    name: 'run list',
    group,
    summary: 'list the runs of jobs',
    load: async () => (await import('./run-commands.ts')).runList,
  },
  {
    name: 'run show',
    group,
    summary: 'show everything about a run',
    load: async () => (await import('./run-commands.ts')).runShow,
  },
  {
    name: 'run log',
    group,
    summary: 'show the warnings and notes of a run',
    load: async () => (await import('./run-commands.ts')).runLog,
  },
  {
    name: 'run stop',
    group,
    summary: 'stop a run',
    load: async () => (await import('./run-commands.ts')).runStop,
  },
  {
    name: 'daemon',
    group,
    summary: 'start jobs at the times of their schedules, in the foreground',
    load: async () => (await import('./daemon-command.ts')).daemonCommand,
  },
  {
    name: 'daemon settings',
    group,
    summary: 'show or change how many jobs run at once',
    load: async () => (await import('./daemon-command.ts')).daemonSettings,
  },
  {
    name: 'daemon logs',
    group,
    summary: 'show the log of the daemon',
    load: async () => (await import('./daemon-logs-command.ts')).daemonLogs,
  },
  {
    name: 'daemon install',
    group,
    summary: 'write units of systemd that start the daemon',
    load: async () => (await import('./daemon-install-command.ts')).daemonInstall,
  },
  {
    name: 'daemon uninstall',
    group,
    summary: 'remove these units',
    load: async () => (await import('./daemon-install-command.ts')).daemonUninstall,
  },
  {
    name: 'web',
    group,
    summary: 'print a link to the page of the daemon, and open it',
    load: async () => (await import('./web-command.ts')).webCommand,
  },
  {
    name: 'import bcper',
    group,
    summary: 'import the items, vaults, stores and jobs of bcper',
    load: async () => (await import('./import-command.ts')).importBcperCommand,
  },
  {
    name: 'secret set',
    group,
    summary: 'save a passphrase for jobs',
    load: async () => (await import('./secret-commands.ts')).secretSet,
  },
  {
    name: 'secret list',
    group,
    summary: 'list the names of the secrets',
    load: async () => (await import('./secret-commands.ts')).secretList,
  },
  {
    name: 'secret remove',
    group,
    summary: 'remove a passphrase',
    load: async () => (await import('./secret-commands.ts')).secretRemove,
  },
]

/** Every command of jobs works on those of the user, or with `--system` on those of the machine. */
const withSystem = (own: CommandEntry): CommandEntry => ({
  ...own,
  load: async () => {
    const command = await own.load()
    const { useSystemFolders } = await import('../../jobs/places.ts')
    return {
      ...command,
      options: ['system', ...command.options],
      run: (call) => {
        if (call.args.options.system === true) useSystemFolders()
        return command.run(call)
      },
    }
  },
})

export const jobEntries: readonly CommandEntry[] = ownEntries.map(withSystem)

/** The first words, and the second words that go with each. */
export const jobFamilies: readonly { readonly term: string; readonly text: string }[] = [
  ...new Set(jobEntries.map(({ name }) => name.split(' ')[0] as string)),
].map((family) => {
  const verbs = jobEntries.filter(({ name }) => name.startsWith(`${family} `))
  const text = verbs.map(({ name }) => name.slice(family.length + 1)).join(', ')
  const itself = jobEntries.find(({ name }) => name === family)?.summary
  return { term: family, text: [itself, text].filter(Boolean).join('; ') }
})
