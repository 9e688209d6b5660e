import { useEffect, useState } from 'preact/hooks'
import { get, part } from '../api.ts'
import type { ZipPlan } from '../api-types.ts'
import { Dialog, useAction } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice, Notice } from '../parts/notice.tsx'
import { countWords, sizeWords } from '../words.ts'

/** The daemon takes no longer addresses. */
const mostAddressCharacters = 8000

/** Says what a download holds, and begins it. */
export function DownloadZip({
  job,
  backup,
  paths,
  onClose,
}: {
  readonly job: string
  readonly backup: string
  /** Empty: the whole backup. */
  readonly paths: readonly string[]
  readonly onClose: () => void
}) {
  const [plan, setPlan] = useState<ZipPlan | undefined>()
  const { error, act } = useAction()
  const query = paths.map((path) => `path=${part(path)}`).join('&')
  const to = `backups/${part(job)}/${part(backup)}/zip`
  const isLong = query.length > mostAddressCharacters
  useEffect(() => {
    if (!isLong) act(async () => setPlan(await get<ZipPlan>(`${to}/plan?${query}`)))
  }, [])
  const missing = plan?.missing_discs ?? []
  return (
    <Dialog title="Download as a zip file" onClose={onClose}>
      <div class="stack">
        {isLong && <Notice tone="warn">That are too many entries. Select their folder, or restore.</Notice>}
        <ErrorNotice error={error} />
        <p role="status">
          {plan === undefined
            ? isLong || error
              ? ''
              : 'Counting …'
            : `${countWords(plan.files, 'file')} and ${countWords(plan.directories, 'folder')}, ${sizeWords(plan.zip_bytes)}`}
        </p>
        {plan !== undefined && plan.skipped > 0 && (
          <Notice tone="info">
            A zip file cannot hold{' '}
            {countWords(plan.skipped, 'device, socket or pipe', 'devices, sockets or pipes')}.
          </Notice>
        )}
        {missing.length > 0 && <Notice tone="bad">Discs {missing.join(', ')} are not there.</Notice>}
        <p class="small soft">
          The file is not encrypted and not compressed. If the browser calls the download failed, the log on
          the Status screen says why.
        </p>
      </div>
      <div class="dialog-end">
        <button type="button" onClick={onClose}>
          Close
        </button>
        {plan !== undefined && missing.length === 0 && (
          <a class="button primary" href={`api/v1/${to}?${query}`} download>
            <Icon name="download" />
            Download
          </a>
        )}
      </div>
    </Dialog>
  )
}
