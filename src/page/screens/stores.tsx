import { useState } from 'preact/hooks'
import { part, post } from '../api.ts'
import type { JobStore } from '../../jobs/definitions.ts'
import type { StoreTest, StoreUsage } from '../api-types.ts'
import { definitionsChange, useFetched } from '../fetched.ts'
import { EntryActions, type Open, RemoveDefinition } from '../parts/definitions.tsx'
import { useAction } from '../parts/dialog.tsx'
import { GrowthLine } from '../parts/growth-line.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { LongList } from '../parts/long-list.tsx'
import { Empty, ErrorNotice, Notice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { sizeWords } from '../words.ts'
import { StoreForm } from './store-form.tsx'

export const storeIcons: Readonly<Record<string, IconName>> = {
  local: 'folder',
  rclone: 'stores',
  optical: 'disc',
}

export function Stores() {
  const { data: stores, error, reload } = useFetched<readonly JobStore[]>('stores', definitionsChange)
  const [open, setOpen] = useState<Open>({ dialog: 'none' })
  const close = (): void => {
    setOpen({ dialog: 'none' })
    reload()
  }
  return (
    <>
      <ScreenHead title="Stores" intro="Places for backups: a folder, a remote of rclone, or discs to burn.">
        <button type="button" class="primary" onClick={() => setOpen({ dialog: 'new' })}>
          <Icon name="add" />
          New store
        </button>
      </ScreenHead>
      <ErrorNotice error={error} />
      {stores?.length === 0 && (
        <Empty icon="stores" title="No stores yet">
          <p>
            Take a folder on another disk, a remote that rclone knows, or a folder in which discs are made.
          </p>
        </Empty>
      )}
      {stores !== undefined && stores.length > 0 && (
        <LongList entries={stores} label="stores" text={({ name, path }) => `${name} ${path}`}>
          {(store) => (
            <StoreRow
              key={store.name}
              store={store}
              onEdit={() => setOpen({ dialog: 'edit', name: store.name })}
              onRemove={() => setOpen({ dialog: 'remove', name: store.name })}
            />
          )}
        </LongList>
      )}
      {open.dialog === 'new' && <StoreForm onClose={close} />}
      {open.dialog === 'edit' && <StoreForm name={open.name} onClose={close} />}
      {open.dialog === 'remove' && (
        <RemoveDefinition kind="stores" word="store" name={open.name} onClose={close} />
      )}
    </>
  )
}

function StoreRow({
  store,
  onEdit,
  onRemove,
}: {
  readonly store: JobStore
  readonly onEdit: () => void
  readonly onRemove: () => void
}) {
  const { name, type, path, remote, medium } = store
  const { data: usage } = useFetched<StoreUsage>(
    `stores/${part(name)}/usage`,
    (event) => event.name === 'run.finished',
  )
  const [result, setResult] = useState<StoreTest | undefined>()
  const { busy, error, act } = useAction()
  return (
    <li>
      <Icon name={storeIcons[type] ?? 'stores'} />
      <div class="grow">
        <div class="name">
          <bdi>{name}</bdi> <span class="badge">{medium ?? type}</span>
        </div>
        <div class="soft mono">
          <bdi>{remote === undefined ? path : `${remote}:${path}`}</bdi>
        </div>
        {usage?.free != null && (
          <div class="small">
            {sizeWords(usage.free)} free
            {usage.total === null ? '' : ` of ${sizeWords(usage.total)}`}
          </div>
        )}
        {usage && <GrowthLine name={name} added={usage.added} />}
        <ErrorNotice error={error} />
        {result && <TestResult result={result} />}
      </div>
      <EntryActions name={name} onEdit={onEdit} onRemove={onRemove}>
        <button
          type="button"
          disabled={busy}
          aria-label={`Test ${name}`}
          onClick={() => act(async () => setResult(await post<StoreTest>(`stores/${part(name)}/test`)))}
        >
          {busy ? 'Testing …' : 'Test'}
        </button>
      </EntryActions>
    </li>
  )
}

const TestResult = ({ result: { ok, steps } }: { readonly result: StoreTest }) => (
  <Notice tone={ok ? 'good' : 'bad'}>
    <strong>{ok ? 'The store works.' : 'The store does not work.'}</strong>
    <ul class="small">
      {steps.map(({ step, ok: done, message, seconds }) => (
        <li key={step}>
          {step}: {done ? `done in ${seconds.toFixed(2)} s` : message}
        </li>
      ))}
    </ul>
  </Notice>
)
