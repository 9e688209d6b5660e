/** News that no run tells: jobs that wait, and jobs without a good run for too long. */

import { systemText } from '../errors.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { scheduleTimes, standingOf } from '../jobs/job-status.ts'
import { withRuns } from '../jobs/run-database.ts'
import { RunReader } from '../jobs/run-reader.ts'
import { type News, tellOnce } from '../jobs/tell-channels.ts'

const lookMs = 600_000

export class Teller {
  readonly #log: (line: string) => void
  #lastLook = 0

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  /** Tells the channels of the job, once a day. A problem goes into the log. */
  tell(name: string, news: News): void {
    const definitions = readDefinitions()
    const job = definitions.jobs.find((one) => one.name === name)
    if (!job || (definitions.channels ?? []).length === 0) return
    const telling = withRuns((database) => tellOnce(job, definitions, database, news))
    telling.then(
      (problems) => problems.forEach((problem) => this.#log(problem)),
      (error: unknown) => this.#log(`cannot tell of ${name}: ${systemText(error)}`),
    )
  }

  /** Every ten minutes. */
  lookForLate(now: Date, queue: readonly string[]): void {
    if (Math.abs(now.getTime() - this.#lastLook) < lookMs) return
    this.#lastLook = now.getTime()
    const { channels = [], jobs, schedules } = readDefinitions()
    if (channels.length === 0) return
    const reader = new RunReader()
    const times = scheduleTimes(now)
    try {
      const lastRuns = reader.lastRuns(jobs.map(({ name }) => name))
      for (const job of jobs) {
        const schedule = schedules.find(({ id }) => id === job.schedule_id)
        const last = lastRuns.get(job.name)
        const lastGood = last?.state === 'ok' ? last : reader.lastGood(job.name)
        const isQueued = queue.includes(job.name)
        const { state, reason } = standingOf(job, { schedule, last, lastGood, isQueued }, times)
        if (state === 'late') this.tell(job.name, { event: 'late', reason })
      }
    } finally {
      reader.close()
    }
  }
}
