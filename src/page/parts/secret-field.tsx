import { useState } from 'preact/hooks'
import { part, request } from '../api.ts'
import type { Secret } from '../api-types.ts'
import { useFetched } from '../fetched.ts'
import { Dialog, useAction } from './dialog.tsx'
import { SelectField, TextField } from './field.tsx'
import { ErrorNotice } from './notice.tsx'

/** Which secret encrypts a set. Secrets can be set here, and are never shown. */
export function SecretField({
  value,
  onChange,
  error,
}: {
  readonly value: string
  readonly onChange: (name: string) => void
  readonly error?: string | undefined
}) {
  const { data: secrets = [], reload } = useFetched<readonly Secret[]>('secrets')
  const [adds, setAdds] = useState(false)
  const names = secrets.map(({ name }) => name)
  if (value !== '' && !names.includes(value)) names.push(value)
  return (
    <div class="field">
      <SelectField
        label="Encryption"
        value={value}
        onChange={onChange}
        error={error}
        options={[['', 'not encrypted'], ...names.map((name) => [name, `secret ${name}`] as const)]}
        hint="A new set is encrypted with this secret. Keep another copy of it: nobody can restore the set without it."
      />
      <div>
        <button type="button" class="quiet small" onClick={() => setAdds(true)}>
          Set a new secret
        </button>
      </div>
      {adds && (
        <NewSecret
          onClose={() => setAdds(false)}
          onSaved={(name) => {
            reload()
            onChange(name)
            setAdds(false)
          }}
        />
      )}
    </div>
  )
}

function NewSecret({
  onClose,
  onSaved,
}: {
  readonly onClose: () => void
  readonly onSaved: (name: string) => void
}) {
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const [again, setAgain] = useState('')
  const { busy, error, act } = useAction()
  const differs = again !== '' && again !== value
  return (
    <Dialog title="New secret" onClose={onClose}>
      <div class="stack">
        <TextField label="Name" value={name} onChange={setName} />
        <TextField
          label="Passphrase"
          type="password"
          autocomplete="new-password"
          value={value}
          onChange={setValue}
        />
        <TextField
          label="Passphrase again"
          type="password"
          autocomplete="new-password"
          value={again}
          onChange={setAgain}
          error={differs ? 'the passphrases differ' : undefined}
        />
        <ErrorNotice error={error} />
        <div class="dialog-end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            class="primary"
            disabled={busy || name === '' || value === '' || value !== again}
            onClick={() =>
              act(async () => {
                await request('PUT', `secrets/${part(name)}`, { value }, { 'if-none-match': '*' })
                onSaved(name)
              })
            }
          >
            Save
          </button>
        </div>
      </div>
    </Dialog>
  )
}
