import { useState } from 'preact/hooks'
import { part, post } from '../api.ts'
import type { Retention } from '../../jobs/definitions.ts'
import type { RetentionPreview } from '../api-types.ts'
import { useAction } from '../parts/dialog.tsx'
import { TextField } from '../parts/field.tsx'
import { ErrorNotice, Notice } from '../parts/notice.tsx'
import { Time } from '../parts/time.tsx'
import { retentionRules } from '../retention-words.ts'
import { countWords, sizeWords } from '../words.ts'

const labels: Readonly<Record<(typeof retentionRules)[number], string>> = {
  last: 'Newest',
  hourly: 'Hourly',
  daily: 'Daily',
  weekly: 'Weekly',
  monthly: 'Monthly',
  yearly: 'Yearly',
}

/** How many backups stay, with a look at the backups that exist. */
export function RetentionFields({
  job,
  retention,
  onChange,
  error: fieldError,
}: {
  readonly job: string | undefined
  readonly retention: Retention
  readonly onChange: (retention: Retention) => void
  readonly error?: string | undefined
}) {
  const [preview, setPreview] = useState<RetentionPreview | undefined>()
  const { busy, error, act } = useAction()
  return (
    <fieldset>
      <legend>Backups to keep</legend>
      <p class="hint">
        Left empty: all. A rule keeps the newest backup of each hour, day, week, month or year.
      </p>
      {fieldError && <div class="wrong">{fieldError}</div>}
      <div class="across">
        {retentionRules.map((rule) => (
          <TextField
            key={rule}
            label={labels[rule]}
            type="number"
            min={0}
            value={retention[rule] === undefined ? '' : String(retention[rule])}
            onChange={(value) => {
              const { [rule]: _before, ...rest } = retention
              onChange(value === '' ? rest : { ...rest, [rule]: Number(value) })
              setPreview(undefined)
            }}
          />
        ))}
      </div>
      {job !== undefined && (
        <div>
          <button
            type="button"
            disabled={busy || Object.keys(retention).length === 0}
            onClick={() =>
              act(async () =>
                setPreview(await post<RetentionPreview>(`jobs/${part(job)}/retention/preview`, retention)),
              )
            }
          >
            Show which backups stay
          </button>
        </div>
      )}
      <ErrorNotice error={error} />
      {preview && <Preview preview={preview} />}
    </fieldset>
  )
}

const Preview = ({
  preview: { backups, forgotten, held, bytes_freed },
}: {
  readonly preview: RetentionPreview
}) => (
  <div class="stack" role="status">
    {held !== null && <Notice tone="warn">Nothing is forgotten now: {held}</Notice>}
    <p>
      {countWords(backups.length - forgotten.length, 'backup')} of {backups.length} stay
      {bytes_freed !== null && forgotten.length > 0 && `, ${sizeWords(bytes_freed)} are freed`}.
    </p>
    <ul class="folder-list small" tabIndex={0} aria-label="Backups, and which of them stay">
      {backups.map(({ backup, started, keep, reasons }) => (
        <li key={backup}>
          {keep ? '✓' : '✗'} backup {backup}, <Time time={started} ago={false} />:{' '}
          {keep ? `stays (${reasons.join(', ')})` : 'is forgotten'}
        </li>
      ))}
    </ul>
  </div>
)
