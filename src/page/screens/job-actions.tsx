import { part, post, start } from '../api.ts'
import type { Job } from '../../jobs/definitions.ts'
import type { JobStatus } from '../api-types.ts'
import { useAction } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { say } from '../parts/toast.tsx'

/** Run now, pause and resume. */
export function JobActions({
  job: { name, enabled },
  status: { state },
  onDone,
}: {
  readonly job: Job
  readonly status: JobStatus
  readonly onDone: () => void
}) {
  const { busy, error, act } = useAction()
  const isActive = state === 'running' || state === 'queued'
  const verb = enabled ? 'Pause' : 'Resume'
  return (
    <div class="actions">
      <button
        type="button"
        disabled={busy || isActive}
        aria-label={`Run now: ${name}`}
        onClick={() =>
          act(async () => {
            await start(`jobs/${part(name)}/run`)
            say(`${name} starts.`)
            onDone()
          })
        }
      >
        <Icon name="play" />
        Run now
      </button>
      <button
        type="button"
        class="quiet"
        disabled={busy}
        aria-label={`${verb} ${name}`}
        onClick={() =>
          act(async () => {
            await post(`jobs/${part(name)}/${verb.toLowerCase()}`)
            say(enabled ? `${name} is paused.` : `${name} is resumed.`)
            onDone()
          })
        }
      >
        {verb}
      </button>
      <ErrorNotice error={error} />
    </div>
  )
}
