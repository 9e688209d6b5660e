/** The screens of items, vaults, stores and schedules share this frame: the list, and its dialogs. */

import type { ComponentChildren, ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import type { KindName } from '../api-types.ts'
import { definitionsChange, useFetched } from '../fetched.ts'
import { RemoveDefinition } from './definitions.tsx'
import { Icon } from './icon.tsx'
import { LongList } from './long-list.tsx'
import { Empty, ErrorNotice } from './notice.tsx'
import { ScreenHead } from './screen-head.tsx'

type Open =
  | { readonly dialog: 'none' }
  | { readonly dialog: 'new' }
  | { readonly dialog: 'edit' | 'remove'; readonly name: string }

interface ListProps<T> {
  readonly kind: Exclude<KindName, 'jobs'>
  /** `item`, for titles and buttons. */
  readonly word: string
  readonly intro: string
  /** Shown if the list is empty: what such an entry is good for. */
  readonly empty: string
  /** The words of an entry that the filter looks at. */
  readonly text: (entry: T) => string
  readonly form: ComponentType<FormProps>
  readonly children: (entry: T, ask: Ask) => ComponentChildren
}

export interface FormProps {
  /** The definition to change; undefined: a new one. */
  readonly name?: string
  readonly onClose: () => void
}

/** Opens the dialog that changes or removes the definition of this name. */
export type Ask = (dialog: 'edit' | 'remove', name: string) => void

export function DefinitionList<T>({ kind, word, intro, empty, text, form: Form, children }: ListProps<T>) {
  const { data: entries, error, reload } = useFetched<readonly T[]>(kind, definitionsChange)
  const [open, setOpen] = useState<Open>({ dialog: 'none' })
  const close = (): void => {
    setOpen({ dialog: 'none' })
    reload()
  }
  return (
    <>
      <ScreenHead title={`${kind.charAt(0).toUpperCase()}${kind.slice(1)}`} intro={intro}>
        <button type="button" class="primary" onClick={() => setOpen({ dialog: 'new' })}>
          <Icon name="add" />
          New {word}
        </button>
      </ScreenHead>
      <ErrorNotice error={error} />
      {entries?.length === 0 && (
        <Empty icon={kind} title={`No ${kind} yet`}>
          <p>{empty}</p>
        </Empty>
      )}
      {entries !== undefined && entries.length > 0 && (
        <LongList entries={entries} label={kind} text={text}>
          {(entry) => children(entry, (dialog, name) => setOpen({ dialog, name }))}
        </LongList>
      )}
      {open.dialog === 'new' && <Form onClose={close} />}
      {open.dialog === 'edit' && <Form name={open.name} onClose={close} />}
      {open.dialog === 'remove' && (
        <RemoveDefinition kind={kind} word={word} name={open.name} onClose={close} />
      )}
    </>
  )
}

/** An entry of the list, with its buttons. `tools`: more of them. */
export const DefinitionRow = ({
  name,
  ask,
  icon,
  tools,
  children,
}: {
  readonly name: string
  readonly ask: Ask
  readonly icon?: ComponentChildren
  readonly tools?: ComponentChildren
  readonly children: ComponentChildren
}) => (
  <li>
    {icon}
    <div class="grow">{children}</div>
    <div class="actions">
      {tools}
      <button type="button" onClick={() => ask('edit', name)} aria-label={`Edit ${name}`}>
        Edit
      </button>
      <button
        type="button"
        class="quiet danger"
        onClick={() => ask('remove', name)}
        aria-label={`Remove ${name}`}
      >
        Remove
      </button>
    </div>
  </li>
)

/** The name of an item or a vault. */
export const NameOfContents = ({
  name,
  secret,
}: {
  readonly name: string
  readonly secret: string | undefined
}) => (
  <div class="name">
    <bdi>{name}</bdi>{' '}
    {secret !== undefined && (
      <span class="badge" title={`encrypted with the secret ${secret}`}>
        <Icon name="lock" />
        encrypted
      </span>
    )}
  </div>
)
