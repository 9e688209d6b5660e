import type { Item, JobStore, Schedule } from '../../jobs/definitions.ts'
import type { JobStatus, Overview as Answer } from '../api-types.ts'
import { overviewChanges, runsChange, useFetched } from '../fetched.ts'
import { Badge } from '../parts/badge.tsx'
import { CopyCommand } from '../parts/copy-command.tsx'
import { HeatMap } from '../parts/heat-map.tsx'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { Time } from '../parts/time.tsx'
import { address } from '../route.ts'
import { countWords, sizeWords } from '../words.ts'
import { storeIcons } from './stores.tsx'

const troubled = ['failed', 'disabled', 'late', 'partial', 'never']
const mostShown = 6

export function Overview() {
  const { data: overview, error } = useFetched<Answer>('overview', overviewChanges)
  if (overview === undefined) return <ErrorNotice error={error} />
  const { jobs, next, discs, heat, stores, zone } = overview
  const trouble = jobs.filter(({ state }) => troubled.includes(state))
  document.title = 'Overview – butcher'
  return (
    <>
      <ErrorNotice error={error} />
      <Verdict overview={overview} />
      {jobs.length === 0 && <FirstSteps />}
      {trouble.length > 0 && (
        <section class="card">
          <h2>Needs a look</h2>
          <ul class="rows">
            {trouble.slice(0, mostShown).map((status) => (
              <TroubleRow key={status.job} status={status} />
            ))}
          </ul>
          {trouble.length > mostShown && (
            <a href={address('jobs')}>All {trouble.length} jobs that need a look</a>
          )}
        </section>
      )}
      {jobs.length > 0 && (
        <div class="columns">
          <section class="card">
            <h2>Next runs</h2>
            {next.length === 0 && <p class="soft">No schedule starts a job.</p>}
            <ul class="rows">
              {next.map(({ job, at }) => (
                <li key={job + at}>
                  <a class="name grow" href={address('jobs', job)}>
                    <bdi>{job}</bdi>
                  </a>
                  <span class="small">
                    <Time time={at} zone={zone} />
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <section class="card">
            <h2>Last 90 days</h2>
            <HeatMap days={heat} />
          </section>
          {discs.length > 0 && (
            <section class="card">
              <h2>Discs to burn</h2>
              <ul class="rows">
                {discs.slice(0, mostShown).map(({ job, destination, disc, label, medium, bytes }) => (
                  <li key={destination + disc}>
                    <Icon name="disc" />
                    <div class="grow">
                      <div class="name">
                        Disc {disc} of <bdi>{job}</bdi>
                      </div>
                      <div class="soft small">
                        {label} · {medium} · {sizeWords(bytes)}
                      </div>
                    </div>
                  </li>
                ))}
              </ul>
              <CopyCommand command={`butcher burn '${discs[0]?.destination.replaceAll("'", `'\\''`)}'`} />
            </section>
          )}
          <section class="card">
            <h2>Stores</h2>
            <ul class="rows">
              {stores.slice(0, mostShown).map(({ name, type, jobs: count, absent }) => (
                <li key={name}>
                  <Icon name={storeIcons[type] ?? 'stores'} />
                  <div class="grow">
                    <div class="name">
                      <bdi>{name}</bdi>
                    </div>
                    <div class="soft small">{absent ?? countWords(count, 'job')}</div>
                  </div>
                  {absent !== null && <Badge state="absent" />}
                </li>
              ))}
            </ul>
            {stores.length > mostShown && <a href={address('stores')}>All {stores.length} stores</a>}
          </section>
        </div>
      )}
    </>
  )
}

const Verdict = ({
  overview: { protected: isProtected, sentence, jobs, zone },
}: {
  readonly overview: Answer
}) => (
  <div class={`verdict ${jobs.length === 0 ? 'still' : isProtected ? 'good' : 'warn'}`} role="status">
    <Icon name={isProtected && jobs.length > 0 ? 'shield-ok' : 'shield'} />
    <div>
      <h1>{sentence}</h1>
      <p>
        {countWords(jobs.length, 'job')} · times are those of {zone}
      </p>
    </div>
  </div>
)

const TroubleRow = ({ status: { job, state, reason, last_good } }: { readonly status: JobStatus }) => (
  <li>
    <div class="grow">
      <a class="name" href={address('jobs', job)}>
        <bdi>{job}</bdi>
      </a>
      <div class="small">{reason}</div>
      <div class="small soft">
        {last_good === null ? (
          'no good run yet'
        ) : (
          <>
            last good run <Time time={last_good} />
          </>
        )}
      </div>
    </div>
    <Badge state={state} />
  </li>
)

/** The way to a first job. */
function FirstSteps() {
  const { data: items } = useFetched<readonly Item[]>('items', runsChange)
  const { data: stores } = useFetched<readonly JobStore[]>('stores', runsChange)
  const { data: schedules } = useFetched<readonly Schedule[]>('schedules', runsChange)
  const steps = [
    { done: items?.length, to: 'items', title: 'Name the folders', text: 'An item is a folder, or several.' },
    {
      done: stores?.length,
      to: 'stores',
      title: 'Choose a place',
      text: 'A folder, a remote of rclone, or discs.',
    },
    {
      done: schedules?.length,
      to: 'schedules',
      title: 'Choose the times',
      text: 'Every day at 22:00, for example.',
    },
    { done: 0, to: 'jobs', title: 'Make the job', text: 'It brings the three together.' },
  ] as const
  const current = steps.findIndex(({ done }) => !done)
  return (
    <section class="card">
      <h2>First steps</h2>
      <ol class="steps">
        {steps.map(({ done, to, title, text }, i) => (
          <li key={to} class={done ? 'done' : ''} aria-current={i === current ? 'step' : undefined}>
            <div>
              <div class="name">{title}</div>
              <div class="soft small">{text}</div>
            </div>
            <a class={`button${i === current ? ' primary' : ''}`} href={address(to)}>
              {done ? 'Show' : 'Begin'}
            </a>
          </li>
        ))}
      </ol>
    </section>
  )
}
