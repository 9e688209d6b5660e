/** `job add`, `job edit`, `job pause` and `job resume`. */

import { changeDefinitions } from '../../jobs/configuration.ts'
import type { Job, Retention } from '../../jobs/definitions.ts'
import { addDefinition, definitionOf, replaceDefinition } from '../../jobs/edit-definitions.ts'
import { setJobEnabled } from '../../jobs/pause-job.ts'
import { defined, flag, listIfGiven, text, wholeNumber, word } from '../arguments.ts'
import type { Arguments, Call, Command } from '../command.ts'
import { usageError } from '../split-words.ts'
import { commandWords } from './command-words.ts'
import { exampleNames, nameOfKind, tellSaved } from './definition-commands.ts'

const keepOptions = {
  'keep-last': 'last',
  'keep-hourly': 'hourly',
  'keep-daily': 'daily',
  'keep-weekly': 'weekly',
  'keep-monthly': 'monthly',
  'keep-yearly': 'yearly',
} as const
const keepNames = Object.keys(keepOptions) as (keyof typeof keepOptions)[]

const options = [
  'target-type',
  'target-name',
  'store-name',
  'frequency-id',
  ...keepNames,
  'on-mains',
  'before',
  'after',
  'notify',
  'json',
  'quiet',
  'no-progress',
] as const

const notes = [
  'The set of a job is in the folder of its name below the path of its store. Every other command works on it.',
  'After a good run the job forgets old backups, and frees their room. Without --keep-.. all backups stay. Discs keep everything.',
  `A command is a list of words in JSON, because no shell sees it: --before '["systemctl", "stop", "mail"]'.`,
]

function retentionOf(args: Arguments, before: Retention): Retention {
  const given = keepNames.map((name) => [keepOptions[name], wholeNumber(args, name)] as const)
  return given.some(([, count]) => count !== undefined)
    ? Object.fromEntries(given.filter(([, count]) => count !== undefined))
    : before
}

/** One empty value takes all commands away. */
function commandsOf(args: Arguments, name: 'before' | 'after', before: Job['before']): Job['before'] {
  const given = listIfGiven(args, name)?.filter((value) => value !== '')
  return given?.map((value) => commandWords(name, value, '["systemctl", "stop", "mail"]')) ?? before
}

/** Not given: as before. */
function notifyOf(args: Arguments, before: Job['notify']): Pick<Job, 'notify'> {
  const given = text(args, 'notify')
  if (given === undefined) return before === undefined ? {} : { notify: before }
  const names = given.split(',').map((name) => name.trim())
  return { notify: names.filter((name) => name !== '') }
}

/** `--name` is the way of bcper; a first word is that of the other kinds. */
function nameOfJob(args: Arguments): string {
  const positional = args.positionals['name']?.[0]
  const option = text(args, 'name')
  const name = positional ?? option
  if (name === undefined)
    throw usageError('the name of the job is missing', 'butcher job add NAME, or --name NAME')
  if (positional !== undefined && option !== undefined && positional !== option)
    throw usageError('the job has two names', 'leave --name out')
  return name
}

export const jobAdd: Command = {
  name: 'job add',
  positionals: [{ name: 'name', describe: 'the name of the job', count: 'optional' }],
  options: ['name', ...options],
  describes: { name: 'call the job so, as bcper does' },
  choices: { 'target-type': ['item', 'vault'] },
  examples: [
    [
      'butcher job add pics --target-name pics --store-name usb --keep-last 7',
      'back up an item by hand, and keep seven backups',
    ],
    [
      'butcher job add home --target-type vault --target-name home --store-name discs',
      'a job that runs by hand',
    ],
  ],
  notes,
  run: async (call) => {
    const { args } = call
    const target = text(args, 'target-name')
    const store = text(args, 'store-name')
    if (target === undefined)
      throw usageError('--target-name is missing', 'butcher item list shows the items')
    if (store === undefined)
      throw usageError('--store-name is missing', 'butcher store list shows the stores')
    const job: Job = {
      name: nameOfJob(args),
      target_type: (text(args, 'target-type') ?? 'item') as Job['target_type'],
      target_name: target,
      store_name: store,
      ...defined({ schedule_id: text(args, 'frequency-id') }),
      retention: retentionOf(args, {}),
      enabled: true,
      on_mains: flag(args, 'on-mains'),
      before: commandsOf(args, 'before', []),
      after: commandsOf(args, 'after', []),
      ...notifyOf(args, undefined),
      created: new Date().toISOString(),
    }
    changeDefinitions((all) => addDefinition(all, 'job', job))
    return tellSaved(call, 'job', 'added', job.name)
  },
}

export const jobEdit: Command = {
  name: 'job edit',
  positionals: [nameOfKind('job')],
  options,
  choices: { 'target-type': ['item', 'vault'] },
  examples: [
    [`butcher job edit ${exampleNames.job} --keep-daily 7 --keep-weekly 4`, 'replace what the job keeps'],
    [`butcher job edit ${exampleNames.job} --frequency-id weekly`, 'another schedule'],
  ],
  notes: [
    ...notes,
    `--frequency-id '' leaves the job without a schedule. --before '' and --after '' take the commands away.`,
  ],
  run: async (call) => {
    const { args } = call
    const name = word(args, 'name')
    changeDefinitions((all) => {
      const { schedule_id: oldSchedule, ...before } = definitionOf(all, 'job', name)
      const schedule = text(args, 'frequency-id') ?? oldSchedule
      return replaceDefinition(all, 'job', {
        ...before,
        ...defined({
          target_type: text(args, 'target-type') as Job['target_type'] | undefined,
          target_name: text(args, 'target-name'),
          store_name: text(args, 'store-name'),
        }),
        ...(schedule === undefined || schedule === '' ? {} : { schedule_id: schedule }),
        retention: retentionOf(args, before.retention),
        on_mains: flag(args, 'on-mains') || before.on_mains,
        before: commandsOf(args, 'before', before.before),
        after: commandsOf(args, 'after', before.after),
        ...notifyOf(args, before.notify),
      })
    })
    return tellSaved(call, 'job', 'changed', name)
  },
}

export const jobPause: Command = {
  name: 'job pause',
  positionals: [nameOfKind('job')],
  options: ['json', 'quiet', 'no-progress'],
  examples: [[`butcher job pause ${exampleNames.job}`, 'the schedule starts it no more; you still can']],
  run: (call) => setEnabled(call, false),
}

export const jobResume: Command = {
  name: 'job resume',
  positionals: [nameOfKind('job')],
  options: ['json', 'quiet', 'no-progress'],
  examples: [[`butcher job resume ${exampleNames.job}`, 'the schedule starts it again']],
  run: (call) => setEnabled(call, true),
}

async function setEnabled(call: Call, enabled: boolean): Promise<number> {
  const { name } = setJobEnabled(word(call.args, 'name'), enabled)
  return tellSaved(call, 'job', enabled ? 'resumed' : 'paused', name)
}
