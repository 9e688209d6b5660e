import { useState } from 'preact/hooks'
import type { Schedule } from '../../jobs/definitions.ts'
import type { SchedulePreview } from '../api-types.ts'
import { definitionsChange, useFetched } from '../fetched.ts'
import { DefinitionForm, EntryActions, type Open, RemoveDefinition } from '../parts/definitions.tsx'
import { TextField } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { LongList } from '../parts/long-list.tsx'
import { Empty, ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { choicesOf, type Choices, firstChoices } from '../timing.ts'
import { zone as machineZone } from '../words.ts'
import { ScheduleBuilder } from './schedule-builder.tsx'

export function Schedules() {
  const { data: schedules, error, reload } = useFetched<readonly Schedule[]>('schedules', definitionsChange)
  const [open, setOpen] = useState<Open>({ dialog: 'none' })
  const close = (): void => {
    setOpen({ dialog: 'none' })
    reload()
  }
  return (
    <>
      <ScreenHead title="Schedules" intro="The times at which jobs are due.">
        <button type="button" class="primary" onClick={() => setOpen({ dialog: 'new' })}>
          <Icon name="add" />
          New schedule
        </button>
      </ScreenHead>
      <ErrorNotice error={error} />
      {schedules?.length === 0 && (
        <Empty icon="schedules" title="No schedules yet">
          <p>A schedule starts jobs by itself. Every day at 22:00, for example.</p>
        </Empty>
      )}
      {schedules !== undefined && schedules.length > 0 && (
        <LongList
          entries={schedules}
          label="schedules"
          text={({ id, name, cron }) => `${id} ${name} ${cron}`}
        >
          {({ id, name, cron, zone }) => (
            <li key={id}>
              <div class="grow">
                <div class="name">
                  <bdi>{name}</bdi>
                </div>
                <div class="soft">
                  {cron === '' ? 'once' : <code>{cron}</code>} · {zone}
                </div>
              </div>
              <EntryActions
                name={id}
                onEdit={() => setOpen({ dialog: 'edit', name: id })}
                onRemove={() => setOpen({ dialog: 'remove', name: id })}
              />
            </li>
          )}
        </LongList>
      )}
      {open.dialog === 'new' && <ScheduleForm onClose={close} />}
      {open.dialog === 'edit' && <ScheduleForm name={open.name} onClose={close} />}
      {open.dialog === 'remove' && (
        <RemoveDefinition kind="schedules" word="schedule" name={open.name} onClose={close} />
      )}
    </>
  )
}

/** A name as one word for a command line. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')

function ScheduleForm({ name, onClose }: { readonly name?: string; readonly onClose: () => void }) {
  const [draft, setDraft] = useState({ id: '', name: '', zone: machineZone.value })
  const [choices, setChoices] = useState<Choices>(firstChoices)
  const [preview, setPreview] = useState<SchedulePreview | undefined>()
  const title = draft.name || (preview?.text ?? '')
  return (
    <DefinitionForm<Schedule>
      kind="schedules"
      word="schedule"
      name={name}
      wide
      draft={{ ...draft, cron: preview?.cron ?? '' }}
      onDraft={(schedule) => {
        setDraft(schedule)
        setChoices(choicesOf(schedule.cron))
      }}
      onClose={onClose}
      saved={() => {
        const cron = choices.kind === 'once' ? '' : (preview?.cron ?? choices.cron)
        const id = draft.id || slug(title) || 'schedule'
        return { name: id, body: { id, name: title || id, cron, zone: draft.zone } }
      }}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            value={draft.name}
            onChange={(value) => setDraft({ ...draft, name: value })}
            error={error('name') ?? error('id')}
            hint={`Left empty: ${preview?.text ?? 'a name is made of the times'}`}
          />
          <ScheduleBuilder
            choices={choices}
            zone={draft.zone}
            onChoices={setChoices}
            onZone={(zone) => setDraft({ ...draft, zone })}
            onPreview={setPreview}
            preview={preview}
          />
        </>
      )}
    </DefinitionForm>
  )
}
