import { useState } from 'preact/hooks'
import type { Item, Vault } from '../../jobs/definitions.ts'
import { useFetched } from '../fetched.ts'
import { DefinitionList, DefinitionRow, type FormProps, NameOfContents } from '../parts/definition-list.tsx'
import { DefinitionForm } from '../parts/definitions.tsx'
import { CheckField, filled, LinesField, TextField } from '../parts/field.tsx'
import { Notice } from '../parts/notice.tsx'
import { SecretField } from '../parts/secret-field.tsx'

export const Vaults = () => (
  <DefinitionList<Vault>
    kind="vaults"
    word="vault"
    intro="Several items in one set."
    empty="A vault is useful if several items share a job. A job can also take an item alone."
    text={({ name, items }) => `${name} ${items.join(' ')}`}
    form={VaultForm}
  >
    {({ name, items, secret }, ask) => (
      <DefinitionRow key={name} name={name} ask={ask}>
        <NameOfContents name={name} secret={secret} />
        <div class="soft">
          <bdi>{items.slice(0, 6).join(', ')}</bdi>
          {items.length > 6 && ` and ${items.length - 6} more`}
        </div>
      </DefinitionRow>
    )}
  </DefinitionList>
)

function VaultForm({ name, onClose }: FormProps) {
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
