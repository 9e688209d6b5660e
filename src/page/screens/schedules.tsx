import { useState } from 'preact/hooks'
import type { Schedule } from '../../jobs/definitions.ts'
import type { SchedulePreview } from '../api-types.ts'
import { DefinitionList, DefinitionRow, type FormProps } from '../parts/definition-list.tsx'
import { DefinitionForm } from '../parts/definitions.tsx'
import { TextField } from '../parts/field.tsx'
import { choicesOf, type Choices, firstChoices } from '../timing.ts'
import { zone as machineZone } from '../words.ts'
import { ScheduleBuilder } from './schedule-builder.tsx'

export const Schedules = () => (
  <DefinitionList<Schedule>
    kind="schedules"
    word="schedule"
    intro="The times at which jobs are due."
    empty="A schedule starts jobs by itself. Every day at 22:00, for example."
    text={({ id, name, cron }) => `${id} ${name} ${cron}`}
    form={ScheduleForm}
  >
    {({ id, name, cron, zone }, ask) => (
      <DefinitionRow key={id} name={id} ask={ask}>
        <div class="name">
          <bdi>{name}</bdi>
        </div>
        <div class="soft">
          {cron === '' ? 'once' : <code>{cron}</code>} · {zone}
        </div>
      </DefinitionRow>
    )}
  </DefinitionList>
)

/** A name as one word for a command line. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')

function ScheduleForm({ name, onClose }: FormProps) {
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
