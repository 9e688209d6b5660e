import { useState } from 'preact/hooks'
import { get, part } from '../api.ts'
import type { FoundEntry } from '../api-types.ts'
import { useAction } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice, Notice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { address } from '../route.ts'
import { nothingPicked } from '../selection.ts'
import { countWords, sizeWords } from '../words.ts'
import { FileTree } from './file-tree.tsx'
import { DownloadZip } from './download-zip.tsx'
import { RestoreWizard } from './restore-wizard.tsx'

/** The files of one backup. */
export function BrowseBackup({ job, backup }: { readonly job: string; readonly backup: string }) {
  const [selection, setSelection] = useState(nothingPicked)
  const [restores, setRestores] = useState<readonly string[] | undefined>()
  const [downloads, setDownloads] = useState(false)
  const paths = outermost([...selection.picked])
  return (
    <>
      <ScreenHead
        title={`Backup ${backup}`}
        intro={
          <>
            <a href={address('backups')}>Backups</a> · <a href={address('backups', job)}>{job}</a>
          </>
        }
      >
        <button type="button" onClick={() => setDownloads(true)}>
          <Icon name="download" />
          {paths.length === 0 ? 'Download all' : `Download ${paths.length} selected`}
        </button>
        <button type="button" class="primary" onClick={() => setRestores(paths)}>
          <Icon name="restore" />
          {paths.length === 0 ? 'Restore all' : `Restore ${paths.length} selected`}
        </button>
      </ScreenHead>
      <Search job={job} backup={backup} onRestore={(path) => setRestores([path])} />
      <section class="card" aria-label="Files">
        <p class="small soft" role="status">
          {paths.length === 0
            ? 'Space or a click selects, with Ctrl several, with Shift a range.'
            : `${countWords(paths.length, 'entry', 'entries')} selected`}
        </p>
        <FileTree job={job} backup={backup} selection={selection} onSelection={setSelection} />
      </section>
      {downloads && (
        <DownloadZip job={job} backup={backup} paths={paths} onClose={() => setDownloads(false)} />
      )}
      {restores && (
        <RestoreWizard
          job={job}
          backups={[Number(backup)]}
          paths={restores}
          onClose={() => setRestores(undefined)}
        />
      )}
    </>
  )
}

/** Without the paths below another one, which comes with all in it. */
const outermost = (paths: readonly string[]): readonly string[] =>
  paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)))

function Search({
  job,
  backup,
  onRestore,
}: {
  readonly job: string
  readonly backup: string
  readonly onRestore: (path: string) => void
}) {
  const [words, setWords] = useState('')
  const [answer, setAnswer] = useState<{ found: readonly FoundEntry[]; truncated: boolean } | undefined>()
  const { busy, error, act } = useAction()
  return (
    <section class="card" aria-label="Search">
      <form
        class="tools"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          if (words.trim() === '') setAnswer(undefined)
          else
            act(async () =>
              setAnswer(await get(`backups/${part(job)}/${part(backup)}/search?q=${part(words.trim())}`)),
            )
        }}
      >
        <input
          type="search"
          aria-label="Search for names"
          placeholder="Search for names"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <button type="submit" disabled={busy}>
          Search
        </button>
      </form>
      <ErrorNotice error={error} />
      {answer && (
        <>
          <p class="small soft" role="status">
            {answer.truncated ? 'More than ' : ''}
            {countWords(answer.found.length, 'entry', 'entries')} found
          </p>
          <ul class="rows">
            {answer.found.map(({ path, kind, size, first_backup }) => (
              <li key={path}>
                <Icon name={kind === 'dir' ? 'folder' : 'file'} />
                <span class="grow">
                  <bdi>{path}</bdi>
                </span>
                <span class="small soft">
                  {kind === 'file' && `${sizeWords(size)} · `}since backup {first_backup}
                </span>
                <button type="button" aria-label={`Restore ${path}`} onClick={() => onRestore(path)}>
                  Restore
                </button>
              </li>
            ))}
          </ul>
          {answer.truncated && <Notice tone="info">Type more of the name to find the others.</Notice>}
        </>
      )}
    </section>
  )
}
