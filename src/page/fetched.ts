/** Answers of the daemon that stay current: fetched again if an event says that they changed. */

import { useEffect, useState } from 'preact/hooks'
import { type ApiError, asApiError, get } from './api.ts'
import { type LiveEvent, listen } from './live.ts'

export interface Fetched<T> {
  readonly data: T | undefined
  readonly error: ApiError | undefined
  readonly reload: () => void
}

/** Answers of before, so that a screen shows something at once. */
const known = new Map<string, unknown>()
const mostKnown = 60
const pauseMs = 250

export const definitionsChange = (event: LiveEvent): boolean => event.name === 'job.changed'
const runEvents = [
  'job.changed',
  'run.queued',
  'run.held',
  'run.started',
  'run.finished',
  'store.absent',
  'disc.wanted',
]
export const runsChange = ({ name }: LiveEvent): boolean => runEvents.includes(name)
export const overviewChanges = (event: LiveEvent): boolean =>
  event.name === 'discs.changed' || runsChange(event)

/** `path` undefined: nothing is asked for. `changes` says which events make the answer stale. */
export function useFetched<T>(
  path: string | undefined,
  changes: (event: LiveEvent) => boolean = () => false,
): Fetched<T> {
  const [, draw] = useState(0)
  const [state, setState] = useState<{ path?: string | undefined; error?: ApiError | undefined }>({})
  const [turn, setTurn] = useState(0)
  const reload = (): void => setTurn((before) => before + 1)
  useEffect(() => {
    if (path === undefined) return undefined
    let here = true
    get<T>(path).then(
      (data) => {
        known.delete(path)
        known.set(path, data)
        if (known.size > mostKnown) known.delete(known.keys().next().value as string)
        if (!here) return
        setState({ path })
        draw((before) => before + 1)
      },
      (error: unknown) => here && setState({ path, error: asApiError(error) }),
    )
    return () => {
      here = false
    }
  }, [path, turn])
  useEffect(() => {
    let timer: number | undefined
    const end = listen((event) => {
      if (event.name !== 'resync' && !changes(event)) return
      clearTimeout(timer)
      timer = window.setTimeout(reload, pauseMs)
    })
    return () => {
      clearTimeout(timer)
      end()
    }
  }, [path])
  return {
    data: path === undefined ? undefined : (known.get(path) as T | undefined),
    error: state.path === path ? state.error : undefined,
    reload,
  }
}

/** Forgets all answers: after a logout they must not be shown any more. */
export const forgetAnswers = (): void => known.clear()
