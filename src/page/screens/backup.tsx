import { useState } from 'preact/hooks'
import { part, post } from '../api.ts'
import type { Backup, Backups } from '../api-types.ts'
import { runsChange, useFetched } from '../fetched.ts'
import { useAction } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { Empty, ErrorNotice } from '../parts/notice.tsx'
import { ScreenHead } from '../parts/screen-head.tsx'
import { say } from '../parts/toast.tsx'
import { address } from '../route.ts'
import { nothingPicked } from '../selection.ts'
import { countWords } from '../words.ts'
import { BackupTable } from './backup-table.tsx'
import { BrowseBackup } from './browse-backup.tsx'
import { Comparison } from './comparison.tsx'
import { ForgetBackups } from './forget-backups.tsx'
import { RestoreWizard } from './restore-wizard.tsx'

/** The backups of a job; with a number one of them. */
export function BackupScreen({ name, more }: { readonly name: string; readonly more?: string }) {
  const answer = useFetched<Backups>(`backups?job=${part(name)}`, runsChange)
  if (more !== undefined) return <BrowseBackup job={name} backup={more} />
  return <BackupList job={name} {...answer} />
}

function BackupList({
  job,
  data,
  error,
  reload,
}: {
  readonly job: string
} & ReturnType<typeof useFetched<Backups>>) {
  const [selection, setSelection] = useState(nothingPicked)
  const [open, setOpen] = useState<'none' | 'restore' | 'delete' | 'compare'>('none')
  const { error: problem, act, busy } = useAction()
  const backups = data?.backups ?? []
  const picked = backups.filter(({ backup }) => selection.picked.has(String(backup)))
  const standing = picked.filter(({ forgotten }) => forgotten == null)
  const forgotten = picked.filter((backup) => backup.forgotten != null)
  const close = (): void => {
    setOpen('none')
    reload()
  }
  const [one] = picked
  return (
    <>
      <ScreenHead
        title={job}
        intro={
          <>
            <a href={address('backups')}>Backups</a> · <span class="mono">{data?.destination}</span>
          </>
        }
      />
      <ErrorNotice error={error ?? problem} />
      {data !== undefined && backups.length === 0 && (
        <Empty icon="backups" title="No backups yet">
          <p>The first run of this job makes one.</p>
        </Empty>
      )}
      {backups.length > 0 && (
        <>
          <div class="tools">
            <span role="status">
              {picked.length === 0 ? countWords(backups.length, 'backup') : `${picked.length} selected`}
            </span>
            <button
              type="button"
              class="primary"
              disabled={standing.length === 0 || standing.length !== picked.length}
              onClick={() => setOpen('restore')}
            >
              <Icon name="restore" />
              Restore {standing.length > 1 ? standing.length : ''}
            </button>
            <button type="button" disabled={picked.length !== 2} onClick={() => setOpen('compare')}>
              Compare two
            </button>
            {picked.length === 1 && one && (
              <button type="button" disabled={busy} onClick={() => act(() => changePin(job, one, reload))}>
                <Icon name="pin" />
                {one.pinned ? 'Unpin' : 'Pin'}
              </button>
            )}
            {forgotten.length > 0 && (
              <button
                type="button"
                disabled={busy}
                onClick={() =>
                  act(async () => {
                    await post(`backups/${part(job)}/undo`, {
                      backups: forgotten.map(({ backup }) => backup),
                    })
                    say(`${countWords(forgotten.length, 'backup')} taken back.`)
                    reload()
                  })
                }
              >
                Take back
              </button>
            )}
            <button
              type="button"
              class="danger"
              disabled={standing.length === 0}
              onClick={() => setOpen('delete')}
            >
              Delete {standing.length > 0 ? standing.length : ''}
            </button>
          </div>
          <BackupTable job={job} backups={backups} selection={selection} onSelection={setSelection} />
        </>
      )}
      {open === 'restore' && (
        <RestoreWizard job={job} backups={standing.map(({ backup }) => backup)} paths={[]} onClose={close} />
      )}
      {open === 'delete' && (
        <ForgetBackups
          job={job}
          backups={standing.map(({ backup }) => backup)}
          onClose={close}
          onDone={() => setSelection(nothingPicked)}
        />
      )}
      {open === 'compare' && picked.length === 2 && (
        <Comparison job={job} a={picked[1]?.backup ?? 0} b={picked[0]?.backup ?? 0} onClose={close} />
      )}
    </>
  )
}

async function changePin(job: string, { backup, pinned }: Backup, reload: () => void): Promise<void> {
  await post(`backups/${part(job)}/${backup}/${pinned ? 'unpin' : 'pin'}`)
  say(pinned ? `Backup ${backup} is not pinned any more.` : `Backup ${backup} is pinned: no rule forgets it.`)
  reload()
}
