/** The interface of the daemon: HTTP/1.1 with JSON below `/api/v1/`. */

import type http from 'node:http'
import { RunReader } from '../jobs/run-reader.ts'
import type { ApiContext, DaemonState } from './api-context.ts'
import { EventHub } from './event-hub.ts'
import { LogLines } from './log-lines.ts'
import { Router } from './router.ts'
import { RunWatch } from './run-watch.ts'

export class Api {
  readonly #context: ApiContext
  readonly #router: Router
  readonly #watch: RunWatch

  constructor(daemon: DaemonState) {
    const watched = { daemon, reader: new RunReader(), events: new EventHub(), log: new LogLines() }
    this.#watch = new RunWatch(watched)
    this.#context = { ...watched, watch: this.#watch }
    this.#router = new Router(this.#context)
  }

  /** A request on the socket: the permissions of its file are the authority. */
  readonly onSocket = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    void this.#router.answer(request, response, { scope: 'admin', session: undefined })
  }

  log(text: string): void {
    const { log, events } = this.#context
    events.send('log', log.add(text))
  }

  close(): void {
    const { events, reader } = this.#context
    events.send('daemon', { state: 'ending' })
    this.#watch.close()
    events.close()
    reader.close()
  }
}
