import type { Restore, RestorePlan } from '../api-types.ts'
import { Notice } from '../parts/notice.tsx'
import { ProgressBar, progressWords } from '../parts/progress.tsx'
import { restores } from '../running.ts'
import { countWords, sizeWords } from '../words.ts'

/** What a restore would write. */
export const PlanView = ({
  plan: { targets, files, directories, bytes, in_the_way, discs, missing_discs },
  conflicts,
}: {
  readonly plan: RestorePlan
  readonly conflicts: string
}) => (
  <div class="stack" role="status">
    <p>
      {countWords(files, 'file')} and {countWords(directories, 'folder')}, {sizeWords(bytes)}, go to:
    </p>
    <ul class="mono">
      {targets.map((target) => (
        <li key={target}>
          <bdi>{target}</bdi>
        </li>
      ))}
    </ul>
    {in_the_way !== null && in_the_way > 0 && conflicts !== 'beside' && (
      <Notice tone="warn">
        {countWords(in_the_way, 'file')} of that place {in_the_way === 1 ? 'is' : 'are'} there already, and{' '}
        {conflicts === 'replace' ? 'replaced' : 'kept'}.
      </Notice>
    )}
    {discs.some(({ place }) => place === null) && (
      <Notice tone="info">
        These discs are needed:{' '}
        {discs
          .filter(({ place }) => place === null)
          .map(({ disc, label, location }) => [disc, label, location].filter(Boolean).join(' '))
          .join(', ')}
      </Notice>
    )}
    {missing_discs.length > 0 && (
      <Notice tone="bad">
        Discs {missing_discs.join(', ')} are not there. On a machine with a drive: butcher restore.
      </Notice>
    )}
  </div>
)

const sentences: Readonly<Record<Restore['state'], string>> = {
  running: 'Restoring …',
  ok: 'All files are restored.',
  partial: 'Some files are not restored.',
  failed: 'The restore failed.',
  stopped: 'The restore was stopped.',
}
const tones = { running: 'info', ok: 'good', partial: 'warn', failed: 'bad', stopped: 'warn' } as const

/** A restore while it runs, and its result. */
export function RestoreView({ started }: { readonly started: Restore }) {
  const restore = restores.value.find(({ id }) => id === started.id) ?? started
  const { state, reason, progress, targets, files, bytes, warnings, warning_count } = restore
  return (
    <div class="stack">
      <Notice tone={tones[state]}>
        <strong>{sentences[state]}</strong> {state !== 'ok' && reason}
        {state !== 'running' && files !== null && (
          <div>
            {countWords(files, 'file')}, {sizeWords(bytes)}
          </div>
        )}
      </Notice>
      {state === 'running' && (
        <>
          <div class="small">{progressWords(progress)}</div>
          <ProgressBar label="Progress of the restore" progress={progress} />
          <p class="small soft">You can close this window. The restore continues.</p>
        </>
      )}
      <ul class="mono">
        {targets.map((target) => (
          <li key={target}>
            <bdi>{target}</bdi>
          </li>
        ))}
      </ul>
      {warning_count > 0 && (
        <ul class="log" tabIndex={0} aria-label="Warnings">
          {warnings.map((warning, i) => (
            <li key={i} class="warn">
              <bdi>{warning}</bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
