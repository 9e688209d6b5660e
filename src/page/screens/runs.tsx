import { useState } from 'preact/hooks'
import { get } from '../api.ts'
import type { Run } from '../api-types.ts'
import { runsChange, useFetched } from '../fetched.ts'
import { Badge } from '../parts/badge.tsx'
import { useAction } from '../parts/dialog.tsx'
import { Empty, ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { Time } from '../parts/time.tsx'
import { address } from '../route.ts'
import { durationWords } from '../words.ts'

const states = ['running', 'ok', 'partial', 'failed', 'stopped', 'skipped', 'interrupted']
const pageSize = 50

export function Runs() {
  const [state, setState] = useState('')
  return (
    <>
      <ScreenHead title="Runs" intro="Each time that a job ran, the newest first." />
      <div class="tools">
        <label>
          <span class="hidden">State</span>
          <select value={state} onChange={(event) => setState(event.currentTarget.value)}>
            <option value="">all states</option>
            {states.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      </div>
      <RunList key={state} query={state === '' ? '' : `&state=${state}`} showsJob />
    </>
  )
}

/** Runs, 50 at a time. */
export function RunList({
  query,
  showsJob = false,
}: {
  readonly query: string
  readonly showsJob?: boolean
}) {
  const path = `runs?limit=${pageSize}${query}`
  const { data: first, error } = useFetched<readonly Run[]>(path, runsChange)
  const [older, setOlder] = useState<readonly Run[]>([])
  const [ended, setEnded] = useState(false)
  const { busy, error: olderError, act } = useAction()
  const runs =
    first === undefined
      ? undefined
      : [...first, ...older.filter(({ run }) => !first.some((each) => each.run === run))]
  const fetchOlder = async (): Promise<void> => {
    const last = runs?.at(-1)?.run
    const next = await get<readonly Run[]>(`${path}&before=${last}`)
    setOlder([...older, ...next])
    setEnded(next.length < pageSize)
  }
  return (
    <>
      <ErrorNotice error={error ?? olderError} />
      {runs?.length === 0 && (
        <Empty icon="runs" title="No runs">
          <p>Nothing ran yet.</p>
        </Empty>
      )}
      {runs !== undefined && runs.length > 0 && (
        <ul class="rows">
          {runs.map((run) => (
            <li key={run.run}>
              <div class="grow">
                <a class="name" href={address('runs', run.run)}>
                  {showsJob ? <bdi>{run.job}</bdi> : `Run ${run.run}`}
                </a>
                <div class="soft small">
                  {showsJob && `run ${run.run} · `}
                  <Time time={run.started} />
                  {run.finished !== null && ` · ${durationWords(secondsOf(run))}`}
                  {startWords(run)}
                </div>
                {run.reason && run.state !== 'ok' && <div class="small">{run.reason}</div>}
              </div>
              <Badge state={run.state} />
            </li>
          ))}
        </ul>
      )}
      {first?.length === pageSize && !ended && (
        <button type="button" class="more" disabled={busy} onClick={() => act(fetchOlder)}>
          Show older runs
        </button>
      )}
    </>
  )
}

/** By hand, a resumed run, or one that stands for several due times. */
function startWords({ trigger, missed, resumes }: Run): string {
  if (trigger === 'manual') return ' · by hand'
  if (resumes != null) return ` · resumes run ${resumes}`
  return missed > 0 ? ` · for ${missed + 1} due times` : ''
}

export const secondsOf = ({ started, finished }: Run): number =>
  (new Date(finished ?? Date.now()).getTime() - new Date(started).getTime()) / 1000
