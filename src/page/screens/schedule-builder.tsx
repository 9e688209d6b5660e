import { useEffect, useState } from 'preact/hooks'
import { type ApiError, asApiError, post } from '../api.ts'
import type { SchedulePreview } from '../api-types.ts'
import { useFetched } from '../fetched.ts'
import { Field, Pills, SelectField, TextField } from '../parts/field.tsx'
import { ErrorNotice, Notice } from '../parts/notice.tsx'
import { Time } from '../parts/time.tsx'
import { type Choices, previewOf, type TimingKind, timingKinds } from '../timing.ts'

const weekdayNames = [
  ['mon', 'Mon'],
  ['tue', 'Tue'],
  ['wed', 'Wed'],
  ['thu', 'Thu'],
  ['fri', 'Fri'],
  ['sat', 'Sat'],
  ['sun', 'Sun'],
] as const
// The divisors of a day and a year: with others the last gap would be shorter.
const hourSteps = ['1', '2', '3', '4', '6', '8', '12']
const monthSteps = ['1', '2', '3', '4', '6']
const pauseMs = 200

interface BuilderProps {
  readonly choices: Choices
  readonly zone: string
  readonly preview: SchedulePreview | undefined
  readonly onChoices: (choices: Choices) => void
  readonly onZone: (zone: string) => void
  readonly onPreview: (preview: SchedulePreview | undefined) => void
}

/** Times by simple choices, with the next five as the daemon counts them. */
export function ScheduleBuilder({ choices, zone, preview, onChoices, onZone, onPreview }: BuilderProps) {
  const { data: zones = [] } = useFetched<readonly string[]>('zones')
  const [error, setError] = useState<ApiError | undefined>()
  const change = (part: Partial<Choices>): void => onChoices({ ...choices, ...part })
  const body = previewOf(choices, zone)
  const wanted = JSON.stringify(body)
  useEffect(() => {
    let here = true
    if (body === undefined) return undefined
    const timer = setTimeout(() => {
      post<SchedulePreview>('schedules/preview', body).then(
        (answer) => {
          if (!here) return
          setError(undefined)
          onPreview(answer)
        },
        (problem: unknown) => {
          if (!here) return
          setError(asApiError(problem))
          onPreview(undefined)
        },
      )
    }, pauseMs)
    return () => {
      here = false
      clearTimeout(timer)
    }
  }, [wanted])
  const timeField = (
    <TextField label="At" type="time" value={choices.time} onChange={(time) => change({ time })} required />
  )
  return (
    <>
      <SelectField
        label="When"
        value={choices.kind}
        options={timingKinds}
        onChange={(kind) => change({ kind: kind as TimingKind })}
      />
      {choices.kind === 'hours' && (
        <Pills
          legend="Hours between two runs"
          type="radio"
          picked={[choices.hours]}
          options={hourSteps.map((hours) => [hours, hours] as const)}
          onChange={(hours) => change({ hours })}
        />
      )}
      {choices.kind === 'days' && (
        <div class="across">
          <TextField
            label="Days between two runs"
            type="number"
            min={1}
            max={31}
            value={choices.days}
            onChange={(days) => change({ days })}
          />
          {timeField}
        </div>
      )}
      {choices.kind === 'weekdays' && (
        <>
          <Pills
            legend="Days"
            type="checkbox"
            picked={choices.weekdays}
            options={weekdayNames}
            onChange={(day, checked) =>
              change({
                weekdays: checked
                  ? [...choices.weekdays, day]
                  : choices.weekdays.filter((other) => other !== day),
              })
            }
          />
          {timeField}
        </>
      )}
      {choices.kind === 'months' && (
        <>
          <Pills
            legend="Months between two runs"
            type="radio"
            picked={[choices.months]}
            options={monthSteps.map((months) => [months, months] as const)}
            onChange={(months) => change({ months })}
          />
          <div class="across">
            <TextField
              label="Day of the month"
              type="number"
              min={1}
              max={31}
              value={choices.monthday}
              onChange={(monthday) => change({ monthday })}
            />
            {timeField}
          </div>
        </>
      )}
      {choices.kind === 'cron' && (
        <TextField
          label="Cron expression"
          value={choices.cron}
          onChange={(cron) => change({ cron })}
          hint="Five fields: minute, hour, day of the month, month, day of the week."
        />
      )}
      <ZoneField zone={zone} zones={zones} onZone={onZone} />
      <ErrorNotice error={error} />
      {preview && !error && <Preview preview={preview} />}
    </>
  )
}

const ZoneField = ({
  zone,
  zones,
  onZone,
}: {
  readonly zone: string
  readonly zones: readonly string[]
  readonly onZone: (zone: string) => void
}) => (
  <Field label="Time zone" hint="The clock of this zone counts, also in summer.">
    {(attributes) => (
      <select {...attributes} value={zone} onChange={(event) => onZone(event.currentTarget.value)}>
        {(zones.includes(zone) ? zones : [zone, ...zones]).map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    )}
  </Field>
)

const Preview = ({ preview: { text, next, zone, warnings } }: { readonly preview: SchedulePreview }) => (
  <div class="stack" role="status">
    <div class="notice">
      <div>
        <strong>{text}</strong>
        {next.length > 0 && (
          <ol class="times small" aria-label="The next five times">
            {next.map((time) => (
              <li key={time}>
                <Time time={time} zone={zone} />
              </li>
            ))}
          </ol>
        )}
      </div>
    </div>
    {warnings.map((warning) => (
      <Notice key={warning} tone="warn">
        {warning}
      </Notice>
    ))}
  </div>
)
