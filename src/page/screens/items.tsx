import { useState } from 'preact/hooks'
import type { Item } from '../../jobs/definitions.ts'
import { definitionsChange, useFetched } from '../fetched.ts'
import { DefinitionForm, EntryActions, type Open, RemoveDefinition } from '../parts/definitions.tsx'
import { filled, LinesField, TextField } from '../parts/field.tsx'
import { FolderPicker } from '../parts/folder-picker.tsx'
import { Icon } from '../parts/icon.tsx'
import { LongList } from '../parts/long-list.tsx'
import { Empty, ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { SecretField } from '../parts/secret-field.tsx'
import { countWords } from '../words.ts'

export function Items() {
  const { data: items, error, reload } = useFetched<readonly Item[]>('items', definitionsChange)
  const [open, setOpen] = useState<Open>({ dialog: 'none' })
  const close = (): void => {
    setOpen({ dialog: 'none' })
    reload()
  }
  return (
    <>
      <ScreenHead title="Items" intro="Paths that are backed up together.">
        <button type="button" class="primary" onClick={() => setOpen({ dialog: 'new' })}>
          <Icon name="add" />
          New item
        </button>
      </ScreenHead>
      <ErrorNotice error={error} />
      {items?.length === 0 && (
        <Empty icon="items" title="No items yet">
          <p>An item is a folder, or several of them, that belong together. Photos, for example.</p>
        </Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <LongList entries={items} label="items" text={({ name, paths }) => `${name} ${paths.join(' ')}`}>
          {({ name, paths, ignore, secret }) => (
            <li key={name}>
              <div class="grow">
                <div class="name">
                  <bdi>{name}</bdi> {secret !== undefined && <Encrypted secret={secret} />}
                </div>
                <div class="soft mono">
                  <bdi>{paths.slice(0, 3).join(', ')}</bdi>
                  {paths.length > 3 && ` and ${paths.length - 3} more`}
                </div>
                {ignore.length > 0 && (
                  <div class="soft small">leaves out {countWords(ignore.length, 'pattern')}</div>
                )}
              </div>
              <EntryActions
                name={name}
                onEdit={() => setOpen({ dialog: 'edit', name })}
                onRemove={() => setOpen({ dialog: 'remove', name })}
              />
            </li>
          )}
        </LongList>
      )}
      {open.dialog === 'new' && <ItemForm onClose={close} />}
      {open.dialog === 'edit' && <ItemForm name={open.name} onClose={close} />}
      {open.dialog === 'remove' && (
        <RemoveDefinition kind="items" word="item" name={open.name} onClose={close} />
      )}
    </>
  )
}

export const Encrypted = ({ secret }: { readonly secret: string }) => (
  <span class="badge" title={`encrypted with the secret ${secret}`}>
    <Icon name="lock" />
    encrypted
  </span>
)

const blank: Item = { name: '', paths: [''], ignore: [] }

function ItemForm({ name, onClose }: { readonly name?: string; readonly onClose: () => void }) {
  const [draft, setDraft] = useState<Item>(blank)
  const [picks, setPicks] = useState(false)
  const change = (part: Partial<Item>): void => setDraft({ ...draft, ...part })
  return (
    <DefinitionForm
      kind="items"
      word="item"
      name={name}
      draft={draft}
      onDraft={setDraft}
      onClose={onClose}
      saved={() => {
        const { secret, ...rest } = draft
        const body = { ...rest, paths: filled(draft.paths), ignore: filled(draft.ignore) }
        return { name: draft.name, body: secret ? { ...body, secret } : body }
      }}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            value={draft.name}
            onChange={(value) => change({ name: value })}
            error={error('name')}
            disabled={name !== undefined}
            required
          />
          <div class="field">
            <LinesField
              label="Paths"
              value={draft.paths}
              onChange={(paths) => change({ paths })}
              error={error('paths')}
              hint="Absolute paths of folders or files, one a line."
            />
            <div>
              <button type="button" class="quiet small" onClick={() => setPicks(true)}>
                <Icon name="folder" />
                Choose a folder
              </button>
            </div>
          </div>
          <LinesField
            label="Leave out"
            value={draft.ignore}
            onChange={(ignore) => change({ ignore })}
            error={error('ignore')}
            hint="Patterns as in .gitignore, one a line: *.tmp, cache/, !important.tmp"
          />
          <SecretField
            value={draft.secret ?? ''}
            onChange={(secret) => change({ secret })}
            error={error('secret')}
          />
          {picks && (
            <FolderPicker
              onClose={() => setPicks(false)}
              onPick={(path) => {
                change({ paths: [...filled(draft.paths), path] })
                setPicks(false)
              }}
            />
          )}
        </>
      )}
    </DefinitionForm>
  )
}
