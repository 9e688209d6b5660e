import { useEffect, useState } from 'preact/hooks'
import { get, part } from '../api.ts'
import type { Run, RunEvent } from '../api-types.ts'
import { StopRun } from '../banners.tsx'
import { useFetched } from '../fetched.ts'
import { listen } from '../live.ts'
import { Badge } from '../parts/badge.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { ProgressBar, progressWords } from '../parts/progress.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { Time } from '../parts/time.tsx'
import { address } from '../route.ts'
import { running } from '../running.ts'
import { clockWords, countWords, durationWords, numberWords, sizeWords } from '../words.ts'
import { secondsOf } from './runs.tsx'

const mostEvents = 2000

export function RunScreen({ name }: { readonly name: string }) {
  const { data: saved, error } = useFetched<Run>(
    `runs/${part(name)}`,
    ({ name: event, data }) => event === 'run.finished' && String((data as Run).run) === name,
  )
  const [asks, setAsks] = useState(false)
  const run = running.value.find((other) => String(other.run) === name) ?? saved
  return (
    <>
      <ScreenHead title={`Run ${name}`} intro={run && <a href={address('jobs', run.job)}>{run.job}</a>}>
        {run?.state === 'running' && (
          <button type="button" onClick={() => setAsks(true)}>
            Stop
          </button>
        )}
      </ScreenHead>
      <ErrorNotice error={error} />
      {run && (
        <div class="card">
          <div class="actions" role="status">
            <Badge state={run.state} />
            <span>{run.reason}</span>
          </div>
          {run.state === 'running' && (
            <>
              <div class="small">{progressWords(run.progress, run.step)}</div>
              <ProgressBar label="Progress of this run" progress={run.progress} />
            </>
          )}
          <dl class="facts">
            <div>
              <dt>Started</dt>
              <dd>
                <Time time={run.started} />
              </dd>
            </div>
            <div>
              <dt>Took</dt>
              <dd>{durationWords(secondsOf(run))}</dd>
            </div>
            <div>
              <dt>Started by</dt>
              <dd>{run.trigger === 'manual' ? 'hand' : 'its schedule'}</dd>
            </div>
            {run.due !== null && (
              <div>
                <dt>Due</dt>
                <dd>
                  <Time time={run.due} ago={false} />
                  {run.missed > 0 && `, makes up for ${countWords(run.missed, 'missed run')}`}
                </dd>
              </div>
            )}
            {Object.entries(run.summary ?? {}).flatMap(([key, value]) =>
              typeof value === 'number' && shown[key] !== undefined ? (
                <div key={key}>
                  <dt>{shown[key]}</dt>
                  <dd>{key.startsWith('bytes') ? sizeWords(value) : numberWords(value)}</dd>
                </div>
              ) : (
                []
              ),
            )}
            {run.destination !== null && (
              <div>
                <dt>Destination</dt>
                <dd class="mono">
                  <bdi>{run.destination}</bdi>
                </dd>
              </div>
            )}
          </dl>
        </div>
      )}
      <RunLog run={name} />
      {asks && run && <StopRun run={run} onClose={() => setAsks(false)} />}
    </>
  )
}

const shown: Readonly<Record<string, string>> = {
  backup: 'Backup',
  files_new: 'New files',
  files_changed: 'Changed files',
  files_unchanged: 'Unchanged files',
  files_deleted: 'Deleted files',
  bytes_source: 'Bytes of new and changed files',
  bytes_stored: 'Stored',
  warnings: 'Warnings',
}

function RunLog({ run }: { readonly run: string }) {
  const [events, setEvents] = useState<readonly RunEvent[]>([])
  useEffect(() => {
    let here = true
    let last = 0
    let busy = false
    const fetchNew = async (): Promise<void> => {
      if (busy) return
      busy = true
      try {
        for (let more = true; more && here;) {
          const page = await get<{ events: readonly RunEvent[]; next: number | null }>(
            `runs/${part(run)}/log?after=${last}`,
          )
          last = page.events.at(-1)?.event ?? last
          if (here && page.events.length > 0)
            setEvents((before) => [...before, ...page.events].slice(-mostEvents))
          more = page.next !== null
        }
      } catch {
        // The error of the run itself is shown above.
      } finally {
        busy = false
      }
    }
    void fetchNew()
    const end = listen(({ name, data }) => {
      const mine = String((data as { run?: number }).run) === run
      if (name === 'resync' || (mine && ['run.warning', 'run.finished'].includes(name))) void fetchNew()
    })
    return () => {
      here = false
      end()
    }
  }, [run])
  return (
    <section class="card" aria-label="Log">
      <h2>Log</h2>
      {events.length === 0 ? (
        <p class="soft">There are no warnings and no notes.</p>
      ) : (
        <ol class="log" tabIndex={0} aria-label="Lines of the log">
          {events.map(({ event, at, type, message }) => (
            <li key={event} class={type === 'error' ? 'bad' : type === 'warning' ? 'warn' : ''}>
              <time dateTime={at}>{clockWords(at)}</time>
              <bdi>{message}</bdi>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
