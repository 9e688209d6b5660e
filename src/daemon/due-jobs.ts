/** Which jobs are due. Pure: definitions, the last due times and the clock in, jobs out. */

import type { Definitions, Job } from '../jobs/definitions.ts'
import { type Due, dueOf } from '../schedule/schedule.ts'

export interface DueJob extends Due {
  readonly job: string
}

/** `lastDue`: the due time of the last run that a schedule started, if there was one. */
export function dueJobs(
  { jobs, schedules }: Definitions,
  lastDue: (job: string) => Date | undefined,
  now: Date,
): readonly DueJob[] {
  const due = jobs.flatMap((job) => {
    const schedule = schedules.find(({ id }) => id === job.schedule_id)
    if (!job.enabled || !schedule) return []
    const last = lastDue(job.name)
    const found = dueOf(schedule, last ?? createdOf(job), last !== undefined, now)
    return found ? [{ job: job.name, ...found }] : []
  })
  return due.toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

const createdOf = ({ created }: Job): Date => new Date(created)
