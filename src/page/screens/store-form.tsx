import { useState } from 'preact/hooks'
import type { JobStore } from '../../jobs/definitions.ts'
import { useFetched } from '../fetched.ts'
import { DefinitionForm } from '../parts/definitions.tsx'
import { Choices, SelectField, TextField } from '../parts/field.tsx'
import { FolderPicker } from '../parts/folder-picker.tsx'
import { Icon } from '../parts/icon.tsx'

const media = [
  ['cd', 'CD, 700 MB'],
  ['dvd', 'DVD, 4.7 GB'],
  ['dvd-dl', 'DVD with two layers, 8.5 GB'],
  ['bd25', 'Blu-ray, 25 GB'],
  ['bd50', 'Blu-ray, 50 GB'],
  ['bd100', 'Blu-ray, 100 GB'],
  ['bd128', 'Blu-ray, 128 GB'],
] as const

type Draft = { -readonly [field in keyof JobStore]: JobStore[field] }

export function StoreForm({ name, onClose }: { readonly name?: string; readonly onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>({ name: '', type: 'local', path: '' })
  const [picks, setPicks] = useState(false)
  const { data: remotes = [] } = useFetched<readonly string[]>(
    draft.type === 'rclone' ? 'stores/rclone-remotes' : undefined,
  )
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part })
  return (
    <DefinitionForm
      kind="stores"
      word="store"
      name={name}
      draft={draft}
      onDraft={setDraft}
      onClose={onClose}
      saved={() => {
        const { type, path, remote, medium } = draft
        const body = { name: draft.name, type, path }
        if (type === 'rclone')
          return { name: draft.name, body: { ...body, remote: remote ?? remotes[0] ?? '' } }
        return { name: draft.name, body: type === 'optical' ? { ...body, medium: medium ?? 'bd25' } : body }
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
          <Choices
            legend="Type"
            value={draft.type}
            onChange={(type) => change({ type })}
            options={[
              ['local', 'A folder', 'on this machine, another disk or a mounted share'],
              ['rclone', 'A remote of rclone', 'a cloud, a server, whatever rclone knows'],
              ['optical', 'Discs', 'a folder in which discs are made, ready to burn'],
            ]}
          />
          {draft.type === 'rclone' && remotes.length > 0 && (
            <SelectField
              label="Remote"
              value={draft.remote ?? remotes[0] ?? ''}
              onChange={(remote) => change({ remote })}
              error={error('remote')}
              options={remotes.map((remote) => [remote, remote] as const)}
            />
          )}
          {draft.type === 'rclone' && remotes.length === 0 && (
            <TextField
              label="Remote"
              value={draft.remote ?? ''}
              onChange={(remote) => change({ remote })}
              error={error('remote')}
              hint="The name of a remote, as rclone config made it."
            />
          )}
          <div class="field">
            <TextField
              label={draft.type === 'rclone' ? 'Path on the remote' : 'Folder'}
              value={draft.path}
              onChange={(path) => change({ path })}
              error={error('path')}
              hint="It must be there already. Each job gets a folder of its own in it."
            />
            {draft.type !== 'rclone' && (
              <div>
                <button type="button" class="quiet small" onClick={() => setPicks(true)}>
                  <Icon name="folder" />
                  Choose a folder
                </button>
              </div>
            )}
          </div>
          {draft.type === 'optical' && (
            <SelectField
              label="Medium"
              value={draft.medium ?? 'bd25'}
              onChange={(medium) => change({ medium })}
              error={error('medium')}
              options={
                draft.medium === undefined || media.some(([each]) => each === draft.medium)
                  ? media
                  : [...media, [draft.medium, draft.medium] as const]
              }
            />
          )}
          {picks && (
            <FolderPicker
              onClose={() => setPicks(false)}
              onPick={(path) => {
                change({ path })
                setPicks(false)
              }}
            />
          )}
        </>
      )}
    </DefinitionForm>
  )
}
