/** `channel add`, `channel edit` and `channel test`. */

import { exitStatus } from '../../errors.ts'
import { changeDefinitions, readDefinitions } from '../../jobs/configuration.ts'
import { addDefinition, definitionOf, replaceDefinition } from '../../jobs/edit-definitions.ts'
import { testChannel } from '../../jobs/tell-channels.ts'
import { type Channel, channelKinds, type NoticeEvent, noticeEvents } from '../../notify/channel.ts'
import { defined, text, word } from '../arguments.ts'
import type { Arguments, Command } from '../command.ts'
import { jsonText } from '../json-lines.ts'
import { usageError } from '../split-words.ts'
import { commandWords } from './command-words.ts'
import { nameOfKind, tellSaved } from './definition-commands.ts'

const options = [
  'events',
  'command',
  'url',
  'url-secret',
  'secret',
  'to',
  'sender',
  'json',
  'quiet',
  'no-progress',
] as const

const describes = {
  type: 'make this kind of channel',
  command: 'run this command, a list of words in JSON',
  secret: 'sign the body of the webhook with this secret',
} as const

const notes = [
  'A channel gets the events of all jobs, but for jobs with --notify. butcher sends the same event of a job once a day.',
  `Events: ${noticeEvents.join(', ')}. A ping also gets each start and each success.`,
  'If the URL itself is a secret, save it with butcher secret set, and name it with --url-secret.',
  'An email goes out by the sendmail program. A channel that fails never fails a run; butcher run log names the problem.',
]

const listOf = (value: string | undefined): readonly string[] | undefined =>
  value
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

/** What the options say; an empty value takes a field away. */
function fieldsOf(args: Arguments): Partial<Record<keyof Channel, unknown>> {
  const events = listOf(text(args, 'events'))
  const strange = events?.find((event) => !(noticeEvents as readonly string[]).includes(event))
  if (strange !== undefined) throw usageError(`unknown event '${strange}'`, `take ${noticeEvents.join(', ')}`)
  const command = text(args, 'command')
  return defined({
    events: events as readonly NoticeEvent[] | undefined,
    command: command === undefined ? undefined : commandWords('command', command, '["wall", "backup"]'),
    url: text(args, 'url'),
    url_secret: text(args, 'url-secret'),
    secret: text(args, 'secret'),
    to: listOf(text(args, 'to')),
    from: text(args, 'sender'),
  })
}

const withoutEmpty = (channel: object): Channel =>
  Object.fromEntries(
    Object.entries(channel).filter(
      ([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0),
    ),
  ) as unknown as Channel

export const channelAdd: Command = {
  name: 'channel add',
  positionals: [nameOfKind('channel')],
  options: ['type', ...options],
  describes,
  choices: { type: channelKinds },
  examples: [
    ['butcher channel add checks --type ping --url https://hc-ping.com/UUID', 'a check of Healthchecks'],
    ['butcher channel add mail --type email --to me@example.org', 'mail to one or several addresses'],
    ['butcher channel add hook --type webhook --url https://nas.lan/hook', 'JSON; --secret signs it'],
    [`butcher channel add wall --type command --command '["wall", "backup"]'`, 'any command'],
    ['butcher channel add screen --type desktop', 'a notification on the desktop'],
  ],
  notes,
  run: async (call) => {
    const kind = text(call.args, 'type')
    if (kind === undefined) throw usageError('--type is missing', `take ${channelKinds.join(', ')}`)
    const channel = withoutEmpty({ name: word(call.args, 'name'), kind, ...fieldsOf(call.args) })
    changeDefinitions((all) => addDefinition(all, 'channel', channel))
    return tellSaved(call, 'channel', 'added', channel.name)
  },
}

export const channelEdit: Command = {
  name: 'channel edit',
  positionals: [nameOfKind('channel')],
  options,
  describes,
  examples: [['butcher channel edit mail --events failed,late,disc', 'other events']],
  notes: [...notes, 'An empty value takes a field away.'],
  run: async (call) => {
    const name = word(call.args, 'name')
    changeDefinitions((all) =>
      replaceDefinition(
        all,
        'channel',
        withoutEmpty({ ...definitionOf(all, 'channel', name), ...fieldsOf(call.args) }),
      ),
    )
    return tellSaved(call, 'channel', 'changed', name)
  },
}

export const channelTest: Command = {
  name: 'channel test',
  positionals: [nameOfKind('channel')],
  options: ['json', 'quiet', 'no-progress'],
  examples: [['butcher channel test mail', 'send a test message now']],
  run: async ({ args, output, reporter }) => {
    const all = readDefinitions()
    const channel = definitionOf(all, 'channel', word(args, 'name'))
    await testChannel(channel, all)
    if (reporter.json) output.line(jsonText({ type: 'channel', ...channel }))
    else if (!reporter.quiet) output.line(`sent a test to the channel ${channel.name}`)
    return exitStatus.done
  },
}
