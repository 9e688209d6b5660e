/**
 * The events of the daemon, by one stream for all tabs of a browser, which has few connections to a host. The
 * tab that holds a lock reads the stream, and passes the events on. Without a stream the tabs poll.
 */

import { signal } from '@preact/signals'
import { get, loginWanted } from './api.ts'

export interface LiveEvent {
  readonly name: string
  readonly data: unknown
}

/** `lost`: the daemon does not answer. */
export const connection = signal<'starting' | 'live' | 'polling' | 'lost'>('starting')

const names = [
  'run.queued',
  'run.held',
  'run.started',
  'run.progress',
  'run.warning',
  'run.finished',
  'job.changed',
  'restore.changed',
  'store.absent',
  'disc.wanted',
  'discs.changed',
  'daemon',
  'log',
  'resync',
] as const

type Listener = (event: LiveEvent) => void
const listeners = new Set<Listener>()

/** Calls `listener` for each event until the returned function is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const tell = (event: LiveEvent): void => {
  for (const listener of listeners) listener(event)
}

const pollMs = 5000
const againMs = 30_000
const channelName = `butcher ${location.pathname}`

type Message =
  | { readonly kind: 'event'; readonly event: LiveEvent }
  | { readonly kind: 'state'; readonly state: typeof connection.value }
  | { readonly kind: 'hello' }

/** Begins to listen, for as long as the page lives. */
export function goLive(): void {
  const channel = new BroadcastChannel(channelName)
  let leads = false
  const pass = (message: Message): void => channel.postMessage(message)
  channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'hello' && leads) pass({ kind: 'state', state: connection.value })
    if (leads) return
    if (data.kind === 'event') tell(data.event)
    if (data.kind === 'state') changeState(data.state)
  })
  pass({ kind: 'hello' })
  const lead = async (): Promise<void> => {
    leads = true
    // Between the stream of another tab and this one, events may be lost.
    const takesOver = connection.value !== 'starting'
    readStream(
      takesOver,
      (event) => {
        tell(event)
        pass({ kind: 'event', event })
      },
      (state) => {
        changeState(state)
        pass({ kind: 'state', state })
      },
    )
    await new Promise(() => {})
  }
  // Web Locks are missing on a page that came by plain HTTP from another host: there each tab reads.
  if (navigator.locks === undefined) void lead()
  else void navigator.locks.request(channelName, lead)
}

function changeState(state: typeof connection.value): void {
  const before = connection.value
  connection.value = state
  // While the stream was lost, anything may have changed.
  if (before === 'lost' && state !== 'lost') tell({ name: 'resync', data: {} })
}

function readStream(
  takesOver: boolean,
  pass: Listener,
  changed: (state: typeof connection.value) => void,
): void {
  let source: EventSource | undefined
  let opened = 0
  const open = (): void => {
    opened = performance.now()
    source = new EventSource('api/v1/events')
    source.addEventListener('open', () => {
      changed('live')
      if (takesOver) pass({ name: 'resync', data: {} })
    })
    for (const name of names)
      source.addEventListener(name, ({ data }: MessageEvent<string>) =>
        pass({ name, data: JSON.parse(data) as unknown }),
      )
  }
  open()
  const look = async (): Promise<void> => {
    if (source?.readyState === EventSource.OPEN || loginWanted.value) return
    try {
      await get('daemon')
      if (source?.readyState !== EventSource.OPEN) changed('polling')
      pass({ name: 'resync', data: {} })
      if (source?.readyState === EventSource.CLOSED && performance.now() - opened > againMs) open()
    } catch (error) {
      if ((error as { status?: number }).status === 0) changed('lost')
    }
  }
  setInterval(() => void look(), pollMs)
  source?.addEventListener('error', () => void look())
}
