/** The parts of the daemon that the routes use. */

import type { RunReader } from '../jobs/run-reader.ts'
import type { EventHub } from './event-hub.ts'
import type { LoginGuard } from './login-guard.ts'
import type { LogLines } from './log-lines.ts'
import type { Restores } from './restores.ts'
import type { Sessions } from './sessions.ts'
import type { WebDoor } from './web-door.ts'

/** The facts of the daemon, and its actions. */
export interface DaemonState {
  readonly version: string
  readonly started: string
  /** Jobs that wait for their turn. */
  readonly queue: () => readonly string[]
  /** Jobs that are due, and cannot begin now: their store or source is absent, for example. */
  readonly held: () => readonly { readonly job: string; readonly reason: string }[]
  /** Puts a job before those of the schedule. */
  readonly runNow: (job: string) => void
  /** Looks at once for jobs that are due. */
  readonly look: () => void
}

/** The sources of events. */
export interface WatchedContext {
  readonly daemon: DaemonState
  readonly reader: RunReader
  readonly events: EventHub
  readonly log: LogLines
}

export interface ApiContext extends WatchedContext {
  readonly restores: Restores
  readonly sessions: Sessions
  readonly logins: LoginGuard
  readonly web: WebDoor
  /** Makes events of runs while somebody listens. */
  readonly watch: { readonly begin: () => void }
}
