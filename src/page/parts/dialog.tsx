import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { type ApiError, asApiError } from '../api.ts'
import { Icon } from './icon.tsx'
import { ErrorNotice } from './notice.tsx'

interface DialogProps {
  readonly title: string
  readonly wide?: boolean
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/** A modal dialog. When it closes, the focus returns to the control that opened it. */
export function Dialog({ title, wide, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null
    element.current?.showModal()
    return () => {
      element.current?.close()
      if (opener?.isConnected) opener.focus()
      else document.querySelector('main')?.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      class={wide ? 'wide' : ''}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        // A dialog inside this one bubbles its event here.
        if (event.target === event.currentTarget) onClose()
      }}
    >
      <div class="dialog-in">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
            <Icon name="cross" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  /** The word on the button, a verb. */
  readonly verb: string
  readonly onClose: () => void
  readonly onYes: () => Promise<unknown>
  readonly children: ComponentChildren
}

/** Asks before something is removed. */
export function Confirm({ title, verb, onClose, onYes, children }: ConfirmProps) {
  const { busy, error, act } = useAction()
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="stack">{children}</div>
      <ErrorNotice error={error} />
      <div class="dialog-end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="primary danger"
          disabled={busy}
          onClick={() => act(async () => (await onYes(), onClose()))}
        >
          {verb}
        </button>
      </div>
    </Dialog>
  )
}

export interface Action {
  readonly busy: boolean
  readonly error: ApiError | undefined
  /** Runs something once at a time, and keeps its error to show. */
  readonly act: (work: () => Promise<unknown>) => void
}

export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | undefined>()
  const act = (work: () => Promise<unknown>): void => {
    if (busy) return
    setBusy(true)
    setError(undefined)
    work()
      .catch((problem: unknown) => setError(asApiError(problem)))
      .finally(() => setBusy(false))
  }
  return { busy, error, act }
}
