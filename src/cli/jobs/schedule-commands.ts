/** `schedule add` and `schedule edit`. */

import { changeDefinitions } from '../../jobs/configuration.ts'
import type { Schedule } from '../../jobs/definitions.ts'
import { addDefinition, definitionOf, replaceDefinition } from '../../jobs/edit-definitions.ts'
import { cronOfChoices } from '../../schedule/describe-cron.ts'
import { localZone } from '../../schedule/schedule.ts'
import { text, wholeNumber, word } from '../arguments.ts'
import type { Arguments, Command } from '../command.ts'
import { usageError } from '../split-words.ts'
import { nameOfKind, tellSaved } from './definition-commands.ts'

const options = [
  'name',
  'cron',
  'every',
  'time',
  'weekdays',
  'monthday',
  'zone',
  'json',
  'quiet',
  'no-progress',
] as const

const describes = { name: 'show this name to people (default: the id)' }

const notes = [
  'A cron expression has five fields: minute, hour, day of the month, month, day of the week. Two runs must be at least 5 minutes apart.',
  'The clock of the zone counts. In spring, a time that does not exist comes an hour later. In autumn, a time that exists twice comes once.',
  'A run that was missed is made up for, once.',
]

/** The expression that the options say; undefined if they say none. */
function cronOf(args: Arguments): string | undefined {
  const cron = text(args, 'cron')
  const every = text(args, 'every')
  if (cron !== undefined && every !== undefined)
    throw usageError('--cron contradicts --every', 'leave one of them out')
  if (every !== undefined) {
    const [time, weekdays, monthday] = [
      text(args, 'time'),
      text(args, 'weekdays'),
      wholeNumber(args, 'monthday'),
    ]
    return cronOfChoices({ every, time, weekdays, monthday })
  }
  const lonely = (['time', 'weekdays', 'monthday'] as const).find((name) => args.options[name] !== undefined)
  if (lonely !== undefined)
    throw usageError(`--${lonely} needs --every`, 'for example --every day --time 22:00')
  return cron
}

export const scheduleAdd: Command = {
  name: 'schedule add',
  positionals: [nameOfKind('schedule')],
  options,
  describes,
  examples: [
    ['butcher schedule add nightly --every day --time 22:00', 'every day at 22:00'],
    ['butcher schedule add weekly --every week --weekdays mon,thu', 'on Mondays and Thursdays at 02:00'],
    [`butcher schedule add office --cron '0 9-17 * * mon-fri' --zone Europe/Berlin`, 'a cron expression'],
    [`butcher schedule add now --cron ''`, 'once, as soon as the daemon sees the job'],
  ],
  notes,
  run: async (call) => {
    const { args } = call
    const id = word(args, 'id')
    const cron = cronOf(args)
    if (cron === undefined)
      throw usageError('--every or --cron is missing', 'for example --every day --time 22:00')
    const schedule: Schedule = {
      id,
      name: text(args, 'name') || id,
      cron,
      zone: text(args, 'zone') ?? localZone(),
    }
    changeDefinitions((all) => addDefinition(all, 'schedule', schedule))
    return tellSaved(call, 'schedule', 'added', id)
  },
}

export const scheduleEdit: Command = {
  name: 'schedule edit',
  positionals: [nameOfKind('schedule')],
  options,
  describes,
  examples: [['butcher schedule edit nightly --every day --time 23:30', 'another time']],
  notes,
  run: async (call) => {
    const { args } = call
    const id = word(args, 'id')
    const cron = cronOf(args)
    changeDefinitions((all) => {
      const before = definitionOf(all, 'schedule', id)
      return replaceDefinition(all, 'schedule', {
        id,
        name: text(args, 'name') || before.name,
        cron: cron ?? before.cron,
        zone: text(args, 'zone') ?? before.zone,
      })
    })
    return tellSaved(call, 'schedule', 'changed', id)
  },
}
