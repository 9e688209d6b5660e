/** Events for pages, as server-sent events (HTML standard, section 9.2). */

import type http from 'node:http'

export type EventName =
  | 'run.queued'
  | 'run.held'
  | 'run.started'
  | 'run.progress'
  | 'run.warning'
  | 'run.finished'
  | 'job.changed'
  | 'restore.changed'
  | 'store.absent'
  | 'disc.wanted'
  | 'discs.changed'
  | 'daemon'
  | 'log'

/** So many events can be sent again to somebody who was away. */
const mostKept = 1000
const commentMs = 20_000
/** Somebody who does not read is let go. */
const mostWaitingBytes = 1 << 20

interface Client {
  readonly response: http.ServerResponse
  readonly isValid: () => boolean
}

export class EventHub {
  readonly #clients = new Set<Client>()
  readonly #kept: { readonly id: number; readonly text: string }[] = []
  /** Above those of an earlier daemon, so that nobody takes one for another. */
  #next = Date.now()
  readonly #comments: NodeJS.Timeout

  constructor() {
    this.#comments = setInterval(() => this.#sendAll(': \n\n'), commentMs).unref()
  }

  get clients(): number {
    return this.#clients.size
  }

  send(name: EventName, data: object): void {
    const id = this.#next++
    const text = `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
    this.#kept.push({ id, text })
    if (this.#kept.length > mostKept) this.#kept.shift()
    this.#sendAll(text)
  }

  /** Forgets all events, because some were lost. A client that reconnects then loads everything again. */
  forget(): void {
    this.#kept.length = 0
    this.#next = Math.max(this.#next + 1, Date.now())
  }

  /** `isValid`: false once the session has ended. */
  add(response: http.ServerResponse, lastId: string | undefined, isValid: () => boolean): void {
    const client = { response, isValid }
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    this.#clients.add(client)
    response.once('close', () => this.#clients.delete(client))
    response.write(`retry: 2000\n: \n\n${this.#missedSince(lastId)}`)
  }

  close(): void {
    clearInterval(this.#comments)
    for (const { response } of this.#clients) response.end()
    this.#clients.clear()
  }

  /** The events after `lastId`, or `resync` if they are not known any more. */
  #missedSince(lastId: string | undefined): string {
    const newest = this.#next - 1
    if (lastId === undefined) return `id: ${newest}\n\n`
    const last = Number(lastId)
    const first = this.#kept[0]?.id ?? this.#next
    if (!(last >= first - 1 && last <= newest)) return `id: ${newest}\nevent: resync\ndata: {}\n\n`
    return this.#kept
      .filter(({ id }) => id > last)
      .map(({ text }) => text)
      .join('')
  }

  #sendAll(text: string): void {
    for (const client of this.#clients) {
      const { response, isValid } = client
      if (!isValid()) response.end()
      else if (response.writableLength > mostWaitingBytes) response.destroy()
      else response.write(text)
    }
  }
}
