/** Runs and restores under way, as the events tell of them. */

import { signal } from '@preact/signals'
import { get } from './api.ts'
import type { HeldRun, Progress, Restore, Run } from './api-types.ts'
import { listen } from './live.ts'

export const running = signal<readonly Run[]>([])
export const restores = signal<readonly Restore[]>([])
/** Jobs that wait for their turn. */
export const queue = signal<readonly string[]>([])

/** Runs that wait for their store or source. */
export const held = signal<readonly HeldRun[]>([])

const without = (run: number): readonly Run[] => running.value.filter((other) => other.run !== run)

async function fetchAll(): Promise<void> {
  const [runs, daemon] = await Promise.all([
    get<readonly Run[]>('runs?state=running'),
    get<Waiting>('daemon'),
  ])
  running.value = runs
  takeWaiting(daemon)
  restores.value = await get<readonly Restore[]>('restores')
}

interface Waiting {
  readonly queue: readonly string[]
  readonly held?: readonly HeldRun[]
}

function takeWaiting({ queue: waiting, held: stopped = [] }: Waiting): void {
  const jobs = new Set(stopped.map(({ job }) => job))
  held.value = stopped
  queue.value = waiting.filter((job) => !jobs.has(job))
}

const refresh = (): void => {
  // The screens show the error; here the next event tries again.
  fetchAll().catch(() => {})
}

/** Begins to follow the events. */
export function followRuns(): void {
  refresh()
  listen(({ name, data }) => {
    if (name === 'resync') refresh()
    if (name === 'run.queued') {
      const { job } = data as { job: string }
      if (!queue.value.includes(job)) queue.value = [...queue.value, job]
    }
    if (name === 'run.held') takeWaiting(data as Waiting)
    if (name === 'run.started') {
      const run = data as Run
      running.value = [...without(run.run), run]
      queue.value = queue.value.filter((job) => job !== run.job)
    }
    if (name === 'run.progress') {
      const { run, step, progress } = data as { run: number; step: string | null; progress: Progress | null }
      running.value = running.value.map((other) => (other.run === run ? { ...other, step, progress } : other))
    }
    if (name === 'run.finished') running.value = without((data as Run).run)
    if (name === 'restore.changed') {
      const restore = data as Restore
      restores.value = [restore, ...restores.value.filter(({ id }) => id !== restore.id)]
    }
  })
}
