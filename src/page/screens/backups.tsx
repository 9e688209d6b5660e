import type { JobWithStatus } from '../api-types.ts'
import { runsChange, useFetched } from '../fetched.ts'
import { Icon } from '../parts/icon.tsx'
import { LongList } from '../parts/long-list.tsx'
import { Empty, ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { Time } from '../parts/time.tsx'
import { address } from '../route.ts'

/** The jobs whose backups can be looked at. */
export function Backups() {
  const { data: jobs, error } = useFetched<readonly JobWithStatus[]>('jobs?status=1', runsChange)
  return (
    <>
      <ScreenHead title="Backups" intro="Look into a backup, compare two of them, restore files." />
      <ErrorNotice error={error} />
      {jobs?.length === 0 && (
        <Empty icon="backups" title="No backups yet">
          <p>The backups of your jobs are here after the first run.</p>
        </Empty>
      )}
      {jobs !== undefined && jobs.length > 0 && (
        <LongList entries={jobs} label="jobs" text={({ name, store_name }) => `${name} ${store_name}`}>
          {({ name, store_name, status }) => (
            <li key={name}>
              <Icon name="backups" />
              <div class="grow">
                <a class="name" href={address('backups', name)}>
                  <bdi>{name}</bdi>
                </a>
                <div class="soft small">
                  in <bdi>{store_name}</bdi>
                </div>
              </div>
              <span class="small">
                {status.last_good === null ? 'no good run yet' : <Time time={status.last_good} />}
              </span>
              <a class="button" href={address('backups', name)} aria-label={`Open the backups of ${name}`}>
                Open
              </a>
            </li>
          )}
        </LongList>
      )}
    </>
  )
}
