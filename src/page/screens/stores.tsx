import { useState } from 'preact/hooks'
import { part, post } from '../api.ts'
import type { JobStore } from '../../jobs/definitions.ts'
import type { StoreTest, StoreUsage } from '../api-types.ts'
import { useFetched } from '../fetched.ts'
import { type Ask, DefinitionList, DefinitionRow } from '../parts/definition-list.tsx'
import { useAction } from '../parts/dialog.tsx'
import { GrowthLine } from '../parts/growth-line.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { ErrorNotice, Notice } from '../parts/notice.tsx'
import { sizeWords } from '../words.ts'
import { StoreForm } from './store-form.tsx'

export const storeIcons: Readonly<Record<string, IconName>> = {
  local: 'folder',
  rclone: 'stores',
  optical: 'disc',
}

export const Stores = () => (
  <DefinitionList<JobStore>
    kind="stores"
    word="store"
    intro="Places for backups: a folder, a remote of rclone, or discs to burn."
    empty="Take a folder on another disk, a remote that rclone knows, or a folder in which discs are made."
    text={({ name, path }) => `${name} ${path}`}
    form={StoreForm}
  >
    {(store, ask) => <StoreRow key={store.name} store={store} ask={ask} />}
  </DefinitionList>
)

function StoreRow({ store, ask }: { readonly store: JobStore; readonly ask: Ask }) {
  const { name, type, path, remote, medium } = store
  const { data: usage } = useFetched<StoreUsage>(
    `stores/${part(name)}/usage`,
    (event) => event.name === 'run.finished',
  )
  const [result, setResult] = useState<StoreTest | undefined>()
  const { busy, error, act } = useAction()
  return (
    <DefinitionRow
      name={name}
      ask={ask}
      icon={<Icon name={storeIcons[type] ?? 'stores'} />}
      tools={
        <button
          type="button"
          disabled={busy}
          aria-label={`Test ${name}`}
          onClick={() => act(async () => setResult(await post<StoreTest>(`stores/${part(name)}/test`)))}
        >
          {busy ? 'Testing …' : 'Test'}
        </button>
      }
    >
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
    </DefinitionRow>
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
