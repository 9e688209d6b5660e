/** How the daemon tells `job run` why it starts it: by variables. */

const daemonVariable = 'BUTCHER_JOB_OF_DAEMON'
const dueVariable = 'BUTCHER_JOB_DUE'
const missedVariable = 'BUTCHER_JOB_MISSED'
const resumesVariable = 'BUTCHER_JOB_RESUMES'

/** Nothing but `job`: somebody asked the daemon for the run. */
export interface StartOfRun {
  readonly due?: { readonly at: Date; readonly missed: number }
  /** The number of the interrupted run that it resumes. */
  readonly resumes?: number
}

export interface GivenStart {
  readonly trigger: 'manual' | 'schedule' | 'resume'
  readonly byDaemon: boolean
  readonly due?: Date
  readonly missed?: number
  readonly resumes?: number
}

export const scheduledRun = {
  environment: ({ due, resumes }: StartOfRun): NodeJS.ProcessEnv => ({
    [daemonVariable]: '1',
    ...(due ? { [dueVariable]: due.at.toISOString(), [missedVariable]: String(due.missed) } : {}),
    ...(resumes === undefined ? {} : { [resumesVariable]: String(resumes) }),
  }),
  fromEnvironment: (): GivenStart => {
    const byDaemon = process.env[daemonVariable] === '1'
    const resumes = Number(process.env[resumesVariable] ?? 0)
    if (Number.isSafeInteger(resumes) && resumes > 0) return { trigger: 'resume', byDaemon, resumes }
    const due = new Date(process.env[dueVariable] ?? '')
    if (Number.isNaN(due.getTime())) return { trigger: 'manual', byDaemon }
    return { trigger: 'schedule', byDaemon, due, missed: Number(process.env[missedVariable] ?? 0) || 0 }
  },
}
