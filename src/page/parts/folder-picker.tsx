import { useState } from 'preact/hooks'
import type { FolderList } from '../api-types.ts'
import { useFetched } from '../fetched.ts'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { ErrorNotice } from './notice.tsx'

/** Picks a folder of the daemon's machine. */
export function FolderPicker({
  onPick,
  onClose,
}: {
  readonly onPick: (path: string) => void
  readonly onClose: () => void
}) {
  const [path, setPath] = useState<string | null>(null)
  const { data, error } = useFetched<FolderList>(
    path === null ? 'files' : `files?path=${encodeURIComponent(path)}`,
  )
  const folders = data?.entries.filter(({ kind }) => kind === 'dir').map(({ name }) => name) ?? []
  const below = path === null ? [] : folders.map((name) => `${path === '/' ? '' : path}/${name}`)
  return (
    <Dialog title="Choose a folder" onClose={onClose}>
      <p class="mono">
        <bdi>{path ?? 'Places'}</bdi>
      </p>
      <ErrorNotice error={error} />
      <ul class="folder-list" aria-label="Folders">
        {path !== null && (
          <li>
            <button type="button" onClick={() => setPath(data?.parent ?? null)}>
              <Icon name="folder" /> one folder up
            </button>
          </li>
        )}
        {(path === null ? (data?.roots ?? []) : below).map((folder) => (
          <li key={folder}>
            <button type="button" onClick={() => setPath(folder)}>
              <Icon name="folder" />
              <bdi>{path === null ? folder : folder.split('/').at(-1)}</bdi>
            </button>
          </li>
        ))}
      </ul>
      <div class="dialog-end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="primary"
          disabled={path === null}
          onClick={() => path !== null && onPick(path)}
        >
          Take this folder
        </button>
      </div>
    </Dialog>
  )
}
