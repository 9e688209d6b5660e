/** The interface of the daemon: HTTP/1.1 with JSON below `/api/v1/`. */

import type http from 'node:http'
import { systemText } from '../errors.ts'
import { RunReader } from '../jobs/run-reader.ts'
import type { ApiContext, DaemonState } from './api-context.ts'
import { EventHub } from './event-hub.ts'
import { LogLines } from './log-lines.ts'
import { LoginGuard } from './login-guard.ts'
import { Restores } from './restores.ts'
import { Router } from './router.ts'
import { RunWatch } from './run-watch.ts'
import { readSessions, saveSessions } from './session-file.ts'
import { Sessions } from './sessions.ts'
import { WebServer, webSettings } from './web-server.ts'

export class Api {
  readonly #context: ApiContext
  readonly #router: Router
  readonly #watch: RunWatch

  constructor(daemon: DaemonState) {
    const watched = { daemon, reader: new RunReader(), events: new EventHub(), log: new LogLines() }
    const sessions = new Sessions({ read: readSessions, save: saveSessions })
    this.#watch = new RunWatch(watched)
    this.#context = {
      ...watched,
      watch: this.#watch,
      restores: new Restores((restore) => watched.events.send('restore.changed', restore)),
      sessions,
      logins: new LoginGuard(),
      web: new WebServer(sessions, (...given) => this.#router.answer(...given)),
    }
    this.#router = new Router(this.#context)
  }

  /** A request on the socket: the permissions of its file are the authority. */
  readonly onSocket = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    void this.#router.answer(request, response, { scope: 'socket', session: undefined })
  }

  /** Opens the port of the page if the settings say so. A failure is logged, and the daemon goes on. */
  async openWeb(): Promise<void> {
    try {
      const settings = webSettings()
      if (settings.always !== true) return
      const { bind, port } = await this.#context.web.start(settings)
      this.log(`the page is on ${bind}, port ${port}`)
    } catch (error) {
      this.log(`cannot open the page: ${systemText(error)}`)
    }
  }

  log(text: string): void {
    const { log, events } = this.#context
    events.send('log', log.add(text))
  }

  close(): void {
    const { events, reader, restores, web } = this.#context
    events.send('daemon', { state: 'ending' })
    this.#watch.close()
    restores.close()
    events.close()
    web.stop()
    reader.close()
  }
}
