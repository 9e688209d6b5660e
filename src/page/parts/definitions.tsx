/** The screens of items, vaults, stores, schedules and jobs share this: saving and removing. */

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type ApiError, part, request } from '../api.ts'
import type { KindName } from '../api-types.ts'
import { Confirm, Dialog, useAction } from './dialog.tsx'
import { ErrorNotice, Notice } from './notice.tsx'
import { say } from './toast.tsx'

interface FormProps<T> {
  readonly kind: KindName
  /** `item`, for the title. */
  readonly word: string
  /** The definition to change; undefined: a new one. */
  readonly name: string | undefined
  readonly draft: T
  /** The definition as it is saved, made of what was typed. */
  readonly saved: () => { readonly name: string; readonly body: object }
  readonly onClose: () => void
  readonly onDraft: (draft: T) => void
  readonly wide?: boolean
  readonly children: (error: (field: string) => string | undefined) => ComponentChildren
}

/** A form in a dialog. A definition that somebody else changed meanwhile is not overwritten. */
export function DefinitionForm<T>(props: FormProps<T>) {
  const { kind, word, name, saved, onClose, onDraft, children } = props
  const [etag, setEtag] = useState<string | null>(null)
  const { busy, error, act } = useAction()
  const load = async (): Promise<void> => {
    const answer = await request<T>('GET', `${kind}/${part(name ?? '')}`)
    setEtag(answer.etag)
    onDraft(answer.body)
  }
  useEffect(() => {
    if (name !== undefined) act(load)
  }, [])
  const save = async (): Promise<void> => {
    const { name: to, body } = saved()
    const headers = name === undefined ? { 'if-none-match': '*' } : etag === null ? {} : { 'if-match': etag }
    await request('PUT', `${kind}/${part(to)}`, body, headers as Record<string, string>)
    say(`The ${word} ${to} is saved.`)
    onClose()
  }
  const changed = error?.code === 'changed'
  return (
    <Dialog
      title={name === undefined ? `New ${word}` : `Edit ${word} ${name}`}
      wide={props.wide ?? false}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          act(save)
        }}
      >
        {children(fieldError(error))}
        {changed ? (
          <Notice tone="warn">
            Somebody else changed this {word} meanwhile.{' '}
            <button type="button" onClick={() => act(load)}>
              Load their version
            </button>
          </Notice>
        ) : (
          <ErrorNotice error={error} />
        )}
        <div class="dialog-end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  )
}

const fieldError =
  (error: ApiError | undefined) =>
  (field: string): string | undefined =>
    error?.field !== undefined && (error.field === field || error.field.startsWith(`${field}[`))
      ? error.message
      : undefined

/** Asks before a definition is removed, and names the jobs that need it. */
export function RemoveDefinition({
  kind,
  word,
  name,
  onClose,
  onRemoved,
}: {
  readonly kind: KindName
  readonly word: string
  readonly name: string
  readonly onClose: () => void
  readonly onRemoved?: () => void
}) {
  const [users, setUsers] = useState<readonly string[]>([])
  const remove = async (): Promise<void> => {
    try {
      await request('DELETE', `${kind}/${part(name)}${users.length > 0 ? '?force=1' : ''}`)
      say(`The ${word} ${name} is removed.`)
      onRemoved?.()
    } catch (error) {
      const needed = (error as ApiError).users ?? []
      if (needed.length > 0) setUsers(needed)
      throw error
    }
  }
  return (
    <Confirm
      title={`Remove ${word} ${name}?`}
      verb={users.length > 0 ? 'Remove it anyway' : 'Remove'}
      onClose={onClose}
      onYes={remove}
    >
      <p>{kind === 'channels' ? 'It tells nobody any more.' : 'Its backups and files stay as they are.'}</p>
      {users.length > 0 && (
        <Notice tone="warn">
          These need it, and jobs among them are disabled: <bdi>{users.join(', ')}</bdi>
        </Notice>
      )}
    </Confirm>
  )
}
