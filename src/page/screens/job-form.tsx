import { useState } from 'preact/hooks'
import type { Item, Job, JobStore, Retention, Schedule, Vault } from '../../jobs/definitions.ts'
import { useFetched } from '../fetched.ts'
import { DefinitionForm } from '../parts/definitions.tsx'
import { CheckField, SelectField, TextField } from '../parts/field.tsx'
import { Notice } from '../parts/notice.tsx'
import { CommandsField, fieldOfCommands, commandsOfField } from './commands-field.tsx'
import { RetentionFields } from './retention-fields.tsx'

interface Draft {
  readonly name: string
  /** `item photos`. */
  readonly target: string
  readonly store: string
  readonly schedule: string
  readonly retention: Retention
  readonly enabled: boolean
  readonly onMains: boolean
  readonly before: string
  readonly after: string
  /** Fields that this form does not show. */
  readonly rest: Partial<Job>
}

const blank: Draft = {
  name: '',
  target: '',
  store: '',
  schedule: '',
  retention: {},
  enabled: true,
  onMains: false,
  before: '',
  after: '',
  rest: {},
}

const draftOf = (job: Job): Draft => ({
  name: job.name,
  target: `${job.target_type} ${job.target_name}`,
  store: job.store_name,
  schedule: job.schedule_id ?? '',
  retention: job.retention,
  enabled: job.enabled,
  onMains: job.on_mains,
  before: fieldOfCommands(job.before),
  after: fieldOfCommands(job.after),
  rest: { created: job.created },
})

export function JobForm({ name, onClose }: { readonly name?: string; readonly onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>(blank)
  const { data: items = [] } = useFetched<readonly Item[]>('items')
  const { data: vaults = [] } = useFetched<readonly Vault[]>('vaults')
  const { data: stores = [] } = useFetched<readonly JobStore[]>('stores')
  const { data: schedules = [] } = useFetched<readonly Schedule[]>('schedules')
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part })
  const targets = [
    ...items.map((item) => [`item ${item.name}`, `${item.name} (item)`] as const),
    ...vaults.map((vault) => [`vault ${vault.name}`, `${vault.name} (vault)`] as const),
  ]
  const store = stores.find((each) => each.name === draft.store)
  const isOptical = store?.type === 'optical'
  const choose = [['', 'choose one']] as const
  return (
    <DefinitionForm<Job>
      kind="jobs"
      word="job"
      name={name}
      wide
      draft={draft as unknown as Job}
      onDraft={(job) => setDraft(draftOf(job))}
      onClose={onClose}
      saved={() => {
        const [type, ...words] = draft.target.split(' ')
        const body = {
          ...draft.rest,
          name: draft.name,
          target_type: type === 'vault' ? 'vault' : 'item',
          target_name: words.join(' '),
          store_name: draft.store,
          ...(draft.schedule === '' ? {} : { schedule_id: draft.schedule }),
          retention: isOptical ? {} : draft.retention,
          enabled: draft.enabled,
          on_mains: draft.onMains,
          before: commandsOfField(draft.before),
          after: commandsOfField(draft.after),
        }
        return { name: draft.name, body }
      }}
    >
      {(error) => (
        <>
          {(targets.length === 0 || stores.length === 0) && (
            <Notice tone="info">A job needs an item or a vault, and a store. Make them first.</Notice>
          )}
          <TextField
            label="Name"
            value={draft.name}
            onChange={(value) => change({ name: value })}
            error={error('name')}
            disabled={name !== undefined}
            hint="Also the name of its folder in the store."
            required
          />
          <div class="across">
            <SelectField
              label="Backs up"
              value={draft.target}
              onChange={(target) => change({ target })}
              options={[...choose, ...targets]}
              error={error('target_name')}
            />
            <SelectField
              label="Into"
              value={draft.store}
              onChange={(to) => change({ store: to })}
              options={[...choose, ...stores.map((each) => [each.name, each.name] as const)]}
              error={error('store_name')}
            />
            <SelectField
              label="When"
              value={draft.schedule}
              onChange={(schedule) => change({ schedule })}
              options={[
                ['', 'by hand only'],
                ...schedules.map((each) => [each.id, `${each.name} (${each.zone})`] as const),
              ]}
              error={error('schedule_id')}
            />
          </div>
          {isOptical ? (
            <Notice tone="info">Discs keep all backups.</Notice>
          ) : (
            <RetentionFields
              job={name}
              retention={draft.retention}
              onChange={(retention) => change({ retention })}
              error={error('retention')}
            />
          )}
          <CheckField
            label="Only while the machine has mains power"
            checked={draft.onMains}
            onChange={(onMains) => change({ onMains })}
          />
          <CheckField
            label="Started by its schedule"
            checked={draft.enabled}
            onChange={(enabled) => change({ enabled })}
          />
          <details>
            <summary>Commands before and after</summary>
            <div class="stack">
              <CommandsField
                label="Before"
                value={draft.before}
                onChange={(before) => change({ before })}
                error={error('before')}
              />
              <CommandsField
                label="After"
                value={draft.after}
                onChange={(after) => change({ after })}
                error={error('after')}
              />
            </div>
          </details>
        </>
      )}
    </DefinitionForm>
  )
}
