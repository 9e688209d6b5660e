import { useState } from 'preact/hooks'
import type { JobWithStatus } from '../api-types.ts'
import { runsChange, useFetched } from '../fetched.ts'
import { Badge } from '../parts/badge.tsx'
import { Icon } from '../parts/icon.tsx'
import { LongList } from '../parts/long-list.tsx'
import { Empty, ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { Time } from '../parts/time.tsx'
import { address } from '../route.ts'
import { JobActions } from './job-actions.tsx'
import { JobForm } from './job-form.tsx'

const order = ['failed', 'disabled', 'late', 'partial', 'running', 'queued', 'never', 'ok', 'paused']

export function Jobs() {
  const { data: jobs, error, reload } = useFetched<readonly JobWithStatus[]>('jobs?status=1', runsChange)
  const [adds, setAdds] = useState(false)
  const [state, setState] = useState('')
  const shown = jobs
    ?.filter(({ status }) => state === '' || status.state === state)
    .toSorted((a, b) => order.indexOf(a.status.state) - order.indexOf(b.status.state))
  const states = order.filter((each) => jobs?.some(({ status }) => status.state === each))
  return (
    <>
      <ScreenHead title="Jobs" intro="An item or a vault, its store, and the times at which it is backed up.">
        <button type="button" class="primary" onClick={() => setAdds(true)}>
          <Icon name="add" />
          New job
        </button>
      </ScreenHead>
      <ErrorNotice error={error} />
      {jobs?.length === 0 && (
        <Empty icon="jobs" title="No jobs yet">
          <p>A job backs up an item or a vault into a store, again and again.</p>
          <a class="button" href={address('overview')}>
            Show the first steps
          </a>
        </Empty>
      )}
      {shown !== undefined && jobs !== undefined && jobs.length > 0 && (
        <LongList
          entries={shown}
          label="jobs"
          text={({ name, target_name, store_name }) => `${name} ${target_name} ${store_name}`}
          tools={
            states.length > 1 && (
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
            )
          }
        >
          {(job) => (
            <li key={job.name}>
              <div class="grow">
                <a class="name" href={address('jobs', job.name)}>
                  <bdi>{job.name}</bdi>
                </a>
                <div class="soft small">
                  <bdi>{job.target_name}</bdi> → <bdi>{job.store_name}</bdi>
                </div>
                <div class="small">
                  {job.status.last_good === null ? (
                    'no good run yet'
                  ) : (
                    <>
                      last good run <Time time={job.status.last_good} />
                    </>
                  )}
                </div>
                {job.status.reason && <div class="small soft">{job.status.reason}</div>}
              </div>
              <Badge state={job.status.state} />
              <JobActions job={job} status={job.status} onDone={reload} />
            </li>
          )}
        </LongList>
      )}
      {adds && (
        <JobForm
          onClose={() => {
            setAdds(false)
            reload()
          }}
        />
      )}
    </>
  )
}
