/** Above each screen: a lost daemon, and runs and restores under way. */

import { useState } from 'preact/hooks'
import { part, post } from './api.ts'
import type { Run } from './api-types.ts'
import { connection } from './live.ts'
import { Confirm } from './parts/dialog.tsx'
import { Icon } from './parts/icon.tsx'
import { ProgressBar, progressWords } from './parts/progress.tsx'
import { say } from './parts/toast.tsx'
import { address } from './route.ts'
import { held, queue, restores, running } from './running.ts'

const mostShown = 3

export function Banners() {
  const runs = running.value
  const active = restores.value.filter(({ state }) => state === 'running')
  const waiting = queue.value
  return (
    <div class="banners">
      {connection.value === 'lost' && (
        <div class="banner lost" role="alert">
          <Icon name="warning" />
          <span class="grow">The daemon does not answer. This page tries again every few seconds.</span>
        </div>
      )}
      {runs.slice(0, mostShown).map((run) => (
        <RunBanner key={run.run} run={run} />
      ))}
      {runs.length > mostShown && (
        <a href={address('runs')}>{runs.length - mostShown} more runs are under way</a>
      )}
      {active.map(({ id, job, backup, progress }) => (
        <div key={id} class="banner">
          <Icon name="restore" />
          <div class="grow">
            <strong>
              Restoring backup {backup} of <bdi>{job}</bdi>
            </strong>
            <div class="small">{progressWords(progress)}</div>
            <ProgressBar label={`Restore of ${job}`} progress={progress} />
          </div>
          <button type="button" onClick={() => void post(`restores/${part(id)}/stop`).catch(() => {})}>
            Stop
          </button>
        </div>
      ))}
      {held.value.slice(0, mostShown).map(({ job, reason }) => (
        <div key={job} class="banner held" role="status">
          <Icon name="warning" />
          <div class="grow">
            <a class="name" href={address('jobs', job)}>
              <bdi>{job}</bdi> waits
            </a>
            <div class="small">{reason}</div>
          </div>
        </div>
      ))}
      {waiting.length > 0 && (
        <p class="small soft" role="status">
          Waiting for their turn: <bdi>{waiting.slice(0, 5).join(', ')}</bdi>
          {waiting.length > 5 && ` and ${waiting.length - 5} more`}
        </p>
      )}
    </div>
  )
}

function RunBanner({ run }: { readonly run: Run }) {
  const [asks, setAsks] = useState(false)
  return (
    <div class="banner">
      <Icon name="jobs" />
      <div class="grow">
        <a class="name" href={address('runs', run.run)}>
          <bdi>{run.job}</bdi> is running
        </a>
        <div class="small">{progressWords(run.progress, run.step)}</div>
        <ProgressBar label={`Run of ${run.job}`} progress={run.progress} />
      </div>
      <button type="button" onClick={() => setAsks(true)}>
        <Icon name="stop" />
        Stop
      </button>
      {asks && <StopRun run={run} onClose={() => setAsks(false)} />}
    </div>
  )
}

export const StopRun = ({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) => (
  <Confirm
    title="Stop this run?"
    verb="Stop the run"
    onClose={onClose}
    onYes={async () => {
      await post(`runs/${run.run}/stop`)
      say(`The run of ${run.job} stops.`)
    }}
  >
    <p>
      The next run of <bdi>{run.job}</bdi> resumes it. Nothing that is stored is lost.
    </p>
  </Confirm>
)
