import type { Definitions, Job, Retention } from './definitions.ts'

/** The options of `butcher forget` for the rules of a job: it counts days in the zone of the schedule. */
export function forgetRules(
  job: Job,
  { schedules }: Definitions,
  retention: Retention = job.retention,
): readonly string[] {
  const keep = Object.entries(retention).map(([unit, count]) => `--keep-${unit}=${count}`)
  const zone = schedules.find(({ id }) => id === job.schedule_id)?.zone
  return zone === undefined || keep.length === 0 ? keep : [...keep, `--zone=${zone}`]
}
