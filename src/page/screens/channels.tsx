import { useState } from 'preact/hooks'
import { type Channel, type channelKinds, type NoticeEvent } from '../../notify/channel.ts'
import { ApiError, part, post } from '../api.ts'
import type { Secret } from '../api-types.ts'
import { useFetched } from '../fetched.ts'
import { DefinitionList, DefinitionRow, type FormProps } from '../parts/definition-list.tsx'
import { DefinitionForm } from '../parts/definitions.tsx'
import { useAction } from '../parts/dialog.tsx'
import { Choices, filled, LinesField, Pills, SelectField, TextField } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { say } from '../parts/toast.tsx'
import { commandsOfField, fieldOfCommands } from './commands-field.tsx'

type Kind = (typeof channelKinds)[number]

const kinds: readonly (readonly [Kind, string, string])[] = [
  ['email', 'Email', 'by the sendmail program of the machine'],
  ['ping', 'Ping', 'of a check such as Healthchecks: it tells if no run came'],
  ['webhook', 'Webhook', 'JSON to an address of yours'],
  ['desktop', 'Desktop', 'a notification on the screen of the machine'],
  ['command', 'Command', 'a program of the machine'],
]

const events: readonly (readonly [NoticeEvent, string])[] = [
  ['failed', 'failed'],
  ['partial', 'partial'],
  ['late', 'late'],
  ['absent', 'waits for a store'],
  ['recovered', 'works again'],
  ['disc', 'a disc to burn'],
]

export const Channels = () => (
  <DefinitionList<Channel>
    kind="channels"
    word="channel"
    intro="Ways to tell you that a run failed, that a job is late, or that a disc wants to be burned."
    empty="Without a channel, only this page tells of a run that failed. An email, for example, comes to you."
    text={({ name, kind }) => `${name} ${kind}`}
    form={ChannelForm}
  >
    {(channel, ask) => (
      <DefinitionRow
        key={channel.name}
        name={channel.name}
        ask={ask}
        icon={<Icon name="channels" />}
        tools={<TestButton name={channel.name} />}
      >
        <div class="name">
          <bdi>{channel.name}</bdi> <span class="badge">{channel.kind}</span>
        </div>
        <div class="soft small">
          <bdi>{placeOf(channel)}</bdi>
        </div>
        <div class="soft small">
          {(channel.events ?? []).length === 0
            ? 'all events'
            : events.flatMap(([event, text]) => (channel.events?.includes(event) ? [text] : [])).join(', ')}
        </div>
      </DefinitionRow>
    )}
  </DefinitionList>
)

const placeOf = ({ url, url_secret, to, command }: Channel): string =>
  url ?? (url_secret === undefined ? (to ?? command ?? []).join(' ') : `the secret ${url_secret}`)

function TestButton({ name }: { readonly name: string }) {
  const { busy, error, act } = useAction()
  return (
    <>
      <ErrorNotice error={error} />
      <button
        type="button"
        disabled={busy}
        aria-label={`Test ${name}`}
        onClick={() =>
          act(async () => {
            await post(`channels/${part(name)}/test`)
            say(`A test went to the channel ${name}.`)
          })
        }
      >
        {busy ? 'Sending …' : 'Test'}
      </button>
    </>
  )
}

type Draft = { -readonly [field in keyof Channel]: Channel[field] }

function ChannelForm({ name, onClose }: FormProps) {
  const [draft, setDraft] = useState<Draft>({ name: '', kind: 'email' })
  const [command, setCommand] = useState<string | undefined>()
  const change = (more: Partial<Draft>): void => setDraft({ ...draft, ...more })
  const { kind } = draft
  const calls = kind === 'webhook' || kind === 'ping'
  return (
    <DefinitionForm
      kind="channels"
      word="channel"
      name={name}
      draft={draft}
      onDraft={setDraft}
      onClose={onClose}
      saved={() => ({ name: draft.name, body: bodyOf(draft, command) })}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            value={draft.name}
            onChange={(value) => change({ name: value })}
            error={error('name')}
            disabled={name !== undefined}
            required
          />
          <Choices legend="Type" value={kind} onChange={(value) => change({ kind: value })} options={kinds} />
          {calls && (
            <>
              <TextField
                label="Address"
                value={draft.url ?? ''}
                onChange={(url) => change({ url })}
                error={error('url')}
                hint="It begins with https:// or http://. The daemon calls it from its own machine, and can reach addresses there and in its network that you cannot. It follows no redirect."
              />
              <SecretSelect
                label="Or the secret that holds the address"
                none="none"
                value={draft.url_secret ?? ''}
                onChange={(value) => change({ url_secret: value })}
              />
            </>
          )}
          {kind === 'webhook' && (
            <SecretSelect
              label="Signed with"
              none="not signed"
              value={draft.secret ?? ''}
              onChange={(value) => change({ secret: value })}
            />
          )}
          {kind === 'email' && (
            <>
              <LinesField
                label="To"
                value={draft.to ?? ['']}
                onChange={(to) => change({ to })}
                error={error('to')}
                hint="One address a line."
              />
              <TextField
                label="From"
                value={draft.from ?? ''}
                onChange={(from) => change({ from })}
                error={error('from')}
                hint="Empty: the default of the machine."
              />
            </>
          )}
          {kind === 'command' && (
            <TextField
              label="Command"
              value={command ?? fieldOfCommands(draft.command === undefined ? [] : [draft.command])}
              onChange={setCommand}
              error={error('command')}
              hint={
                'A list of words: ["wall", "look at the backups"]. It runs as the user of the daemon. No shell sees it.'
              }
            />
          )}
          <Pills
            legend="Events (none: all)"
            type="checkbox"
            picked={draft.events ?? []}
            options={events}
            onChange={(value, checked) =>
              change({
                events: events.flatMap(([event]) =>
                  (event === value ? checked : draft.events?.includes(event)) ? [event] : [],
                ),
              })
            }
          />
        </>
      )}
    </DefinitionForm>
  )
}

const SecretSelect = ({
  label,
  none,
  value,
  onChange,
}: {
  readonly label: string
  readonly none: string
  readonly value: string
  readonly onChange: (value: string) => void
}) => {
  const { data: secrets = [] } = useFetched<readonly Secret[]>('secrets')
  const names = new Set([...secrets.map(({ name }) => name), ...(value === '' ? [] : [value])])
  return (
    <SelectField
      label={label}
      value={value}
      onChange={onChange}
      options={[['', none], ...[...names].map((each) => [each, `secret ${each}`] as const)]}
    />
  )
}

/** The fields of its type that are filled. */
function bodyOf(draft: Draft, command: string | undefined): object {
  const { name, kind, events: wanted = [], url, url_secret, secret, to = [], from } = draft
  const words = command === undefined ? draft.command : commandsOfField(command)[0]
  if (kind === 'command' && words === undefined)
    throw new ApiError(0, { code: 'usage', message: 'the command is missing', field: 'command' })
  const fields: Readonly<Record<Kind, object>> = {
    email: { to: filled(to), from: from?.trim() },
    ping: { url: url?.trim(), url_secret },
    webhook: { url: url?.trim(), url_secret, secret },
    desktop: {},
    command: { command: words },
  }
  const given: Readonly<Record<string, unknown>> = { ...fields[kind], events: wanted }
  const filledOnes = Object.entries(given).filter(
    ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
  return { name, kind, ...Object.fromEntries(filledOnes) }
}
