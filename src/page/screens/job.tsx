import { useState } from 'preact/hooks'
import { part } from '../api.ts'
import type { Job, Schedule } from '../../jobs/definitions.ts'
import type { JobStatus } from '../api-types.ts'
import { runsChange, useFetched } from '../fetched.ts'
import { Badge } from '../parts/badge.tsx'
import { RemoveDefinition } from '../parts/definitions.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { Time } from '../parts/time.tsx'
import { retentionWords } from '../retention-words.ts'
import { address, goTo } from '../route.ts'
import { JobActions } from './job-actions.tsx'
import { JobForm } from './job-form.tsx'
import { RunList } from './runs.tsx'

export function JobScreen({ name }: { readonly name: string }) {
  const { data: job, error, reload } = useFetched<Job>(`jobs/${part(name)}`, runsChange)
  const { data: status, reload: reloadStatus } = useFetched<JobStatus>(
    `jobs/${part(name)}/status`,
    runsChange,
  )
  const { data: schedules } = useFetched<readonly Schedule[]>('schedules', runsChange)
  const [open, setOpen] = useState<'none' | 'edit' | 'remove'>('none')
  const schedule = schedules?.find(({ id }) => id === job?.schedule_id)
  const refresh = (): void => {
    reload()
    reloadStatus()
  }
  return (
    <>
      <ScreenHead title={name}>
        {job && status && <JobActions job={job} status={status} onDone={refresh} />}
        {job && (
          <>
            <button type="button" onClick={() => setOpen('edit')}>
              Edit
            </button>
            <button type="button" class="quiet danger" onClick={() => setOpen('remove')}>
              Remove
            </button>
          </>
        )}
      </ScreenHead>
      <ErrorNotice error={error} />
      {job && (
        <div class="card">
          <div class="actions" role="status">
            {status && <Badge state={status.state} />}
            <span>{status?.reason || job.disabled_because}</span>
          </div>
          <dl class="facts">
            <div>
              <dt>{job.target_type === 'item' ? 'Item' : 'Vault'}</dt>
              <dd>
                <bdi>{job.target_name}</bdi>
              </dd>
            </div>
            <div>
              <dt>Store</dt>
              <dd>
                <bdi>{job.store_name}</bdi>
              </dd>
            </div>
            <div>
              <dt>Schedule</dt>
              <dd>
                {schedule ? `${schedule.name} (${schedule.zone})` : (job.schedule_id ?? 'by hand only')}
              </dd>
            </div>
            <div>
              <dt>Keeps</dt>
              <dd>{retentionWords(job.retention)}</dd>
            </div>
            <div>
              <dt>Last good run</dt>
              <dd>
                <Time time={status?.last_good} />
              </dd>
            </div>
            <div>
              <dt>Next run</dt>
              <dd>{status?.next_due ? <Time time={status.next_due} /> : 'none is due'}</dd>
            </div>
          </dl>
          <div>
            <a class="button" href={address('backups', name)}>
              Show its backups
            </a>
          </div>
        </div>
      )}
      <h2>Runs</h2>
      <RunList query={`&job=${part(name)}`} />
      {open === 'edit' && (
        <JobForm
          name={name}
          onClose={() => {
            setOpen('none')
            refresh()
          }}
        />
      )}
      {open === 'remove' && (
        <RemoveDefinition
          kind="jobs"
          word="job"
          name={name}
          onClose={() => {
            setOpen('none')
            refresh()
          }}
          onRemoved={() => goTo('jobs')}
        />
      )}
    </>
  )
}
