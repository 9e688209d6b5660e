import { useState } from 'preact/hooks'
import type { Item, Vault } from '../../jobs/definitions.ts'
import { definitionsChange, useFetched } from '../fetched.ts'
import { DefinitionForm, EntryActions, type Open, RemoveDefinition } from '../parts/definitions.tsx'
import { CheckField, filled, LinesField, TextField } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { LongList } from '../parts/long-list.tsx'
import { Empty, ErrorNotice, Notice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { SecretField } from '../parts/secret-field.tsx'
import { Encrypted } from './items.tsx'

export function Vaults() {
  const { data: vaults, error, reload } = useFetched<readonly Vault[]>('vaults', definitionsChange)
  const [open, setOpen] = useState<Open>({ dialog: 'none' })
  const close = (): void => {
    setOpen({ dialog: 'none' })
    reload()
  }
  return (
    <>
      <ScreenHead title="Vaults" intro="Several items in one set.">
        <button type="button" class="primary" onClick={() => setOpen({ dialog: 'new' })}>
          <Icon name="add" />
          New vault
        </button>
      </ScreenHead>
      <ErrorNotice error={error} />
      {vaults?.length === 0 && (
        <Empty icon="vaults" title="No vaults yet">
          <p>A vault is useful if several items share a job. A job can also take an item alone.</p>
        </Empty>
      )}
      {vaults !== undefined && vaults.length > 0 && (
        <LongList entries={vaults} label="vaults" text={({ name, items }) => `${name} ${items.join(' ')}`}>
          {({ name, items, secret }) => (
            <li key={name}>
              <div class="grow">
                <div class="name">
                  <bdi>{name}</bdi> {secret !== undefined && <Encrypted secret={secret} />}
                </div>
                <div class="soft">
                  <bdi>{items.slice(0, 6).join(', ')}</bdi>
                  {items.length > 6 && ` and ${items.length - 6} more`}
                </div>
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
      {open.dialog === 'new' && <VaultForm onClose={close} />}
      {open.dialog === 'edit' && <VaultForm name={open.name} onClose={close} />}
      {open.dialog === 'remove' && (
        <RemoveDefinition kind="vaults" word="vault" name={open.name} onClose={close} />
      )}
    </>
  )
}

function VaultForm({ name, onClose }: { readonly name?: string; readonly onClose: () => void }) {
  const [draft, setDraft] = useState<Vault>({ name: '', items: [], ignore: [] })
  const { data: items } = useFetched<readonly Item[]>('items')
  const change = (part: Partial<Vault>): void => setDraft({ ...draft, ...part })
  return (
    <DefinitionForm
      kind="vaults"
      word="vault"
      name={name}
      draft={draft}
      onDraft={setDraft}
      onClose={onClose}
      saved={() => {
        const { secret, ...rest } = draft
        const body = { ...rest, ignore: filled(draft.ignore) }
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
          <fieldset>
            <legend>Items</legend>
            {error('items') && <div class="wrong">{error('items')}</div>}
            {items?.length === 0 && <Notice tone="info">There are no items yet. Make one first.</Notice>}
            <div class="folder-list stack">
              {items?.map((item) => (
                <CheckField
                  key={item.name}
                  label={item.name}
                  checked={draft.items.includes(item.name)}
                  onChange={(checked) =>
                    change({
                      items: checked
                        ? [...draft.items, item.name]
                        : draft.items.filter((other) => other !== item.name),
                    })
                  }
                />
              ))}
            </div>
          </fieldset>
          <LinesField
            label="Leave out"
            value={draft.ignore}
            onChange={(ignore) => change({ ignore })}
            error={error('ignore')}
            hint="Patterns as in .gitignore, one a line. The patterns of an item come after these, so they win."
          />
          <SecretField
            value={draft.secret ?? ''}
            onChange={(secret) => change({ secret })}
            error={error('secret')}
          />
        </>
      )}
    </DefinitionForm>
  )
}
