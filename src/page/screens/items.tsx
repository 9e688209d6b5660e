import { useState } from 'preact/hooks'
import type { Item } from '../../jobs/definitions.ts'
import { DefinitionList, DefinitionRow, type FormProps, NameOfContents } from '../parts/definition-list.tsx'
import { DefinitionForm } from '../parts/definitions.tsx'
import { filled, LinesField, TextField } from '../parts/field.tsx'
import { FolderPicker } from '../parts/folder-picker.tsx'
import { Icon } from '../parts/icon.tsx'
import { SecretField } from '../parts/secret-field.tsx'
import { countWords } from '../words.ts'
import { IgnorePreview } from './ignore-preview.tsx'

export const Items = () => (
  <DefinitionList<Item>
    kind="items"
    word="item"
    intro="Paths that are backed up together."
    empty="An item is a folder, or several of them, that belong together. Photos, for example."
    text={({ name, paths }) => `${name} ${paths.join(' ')}`}
    form={ItemForm}
  >
    {({ name, paths, ignore, secret }, ask) => (
      <DefinitionRow key={name} name={name} ask={ask}>
        <NameOfContents name={name} secret={secret} />
        <div class="soft mono">
          <bdi>{paths.slice(0, 3).join(', ')}</bdi>
          {paths.length > 3 && ` and ${paths.length - 3} more`}
        </div>
        {ignore.length > 0 && <div class="soft small">leaves out {countWords(ignore.length, 'pattern')}</div>}
      </DefinitionRow>
    )}
  </DefinitionList>
)

const blank: Item = { name: '', paths: [''], ignore: [] }

function ItemForm({ name, onClose }: FormProps) {
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
          <IgnorePreview paths={draft.paths} ignore={draft.ignore} />
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
