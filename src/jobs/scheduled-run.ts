/** How the daemon tells `job run` that the schedule started it: by two variables. */

const dueVariable = 'BUTCHER_JOB_DUE'
const missedVariable = 'BUTCHER_JOB_MISSED'

interface Scheduled {
  readonly trigger: 'manual' | 'schedule'
  readonly due?: Date
  readonly missed?: number
}

export const scheduledRun = {
  environment: ({ at, missed }: { readonly at: Date; readonly missed: number }): NodeJS.ProcessEnv => ({
    [dueVariable]: at.toISOString(),
    [missedVariable]: String(missed),
  }),
  fromEnvironment: (): Scheduled => {
    const due = new Date(process.env[dueVariable] ?? '')
    if (Number.isNaN(due.getTime())) return { trigger: 'manual' }
    return { trigger: 'schedule', due, missed: Number(process.env[missedVariable] ?? 0) || 0 }
  },
}
