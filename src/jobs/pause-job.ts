import { ButcherError } from '../errors.ts'
import { changeDefinitions } from './configuration.ts'
import type { Job } from './definitions.ts'
import { definitionOf, replaceDefinition } from './edit-definitions.ts'

/** The reason of a job that a person paused. */
export const pausedByHand = 'paused by hand'

/** Keeps the schedule from starting a job, or lets it. Throws `usage` if it is so already. */
export function setJobEnabled(name: string, enabled: boolean): Job {
  const after = changeDefinitions((all) => {
    const { disabled_because: why, ...job } = definitionOf(all, 'job', name)
    if (job.enabled === enabled)
      throw new ButcherError('usage', `the job '${name}' is ${enabled ? 'not paused' : 'paused already'}`)
    return replaceDefinition(all, 'job', {
      ...job,
      enabled,
      ...(enabled ? {} : { disabled_because: why ?? pausedByHand }),
    })
  })
  return definitionOf(after, 'job', name)
}
