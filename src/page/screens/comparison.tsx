import { part } from '../api.ts'
import type { Change, Diff } from '../api-types.ts'
import { useFetched } from '../fetched.ts'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNotice, Notice } from '../parts/notice.tsx'
import { countWords, sizeWords } from '../words.ts'

/** What changed from one backup to a later one. */
export function Comparison({
  job,
  a,
  b,
  onClose,
}: {
  readonly job: string
  readonly a: number
  readonly b: number
  readonly onClose: () => void
}) {
  const { data, error } = useFetched<Diff>(`backups/${part(job)}/diff?a=${a}&b=${b}`)
  return (
    <Dialog title={`From backup ${a} to backup ${b}`} wide onClose={onClose}>
      <ErrorNotice error={error} />
      <p role="status">
        {data === undefined && !error ? 'Comparing …' : ''}
        {data?.counts &&
          Object.entries(data.counts)
            .filter(([, count]) => count > 0)
            .map(([change, count]) => `${count} ${change}`)
            .join(', ')}
        {data?.changes.length === 0 && 'Nothing changed.'}
      </p>
      {data && data.changes.length > 0 && (
        <ul class="rows folder-list" tabIndex={0} aria-label="Changes">
          {data.changes.map((change) => (
            <li key={change.path}>
              <span class={`change ${change.change}`}>{change.change}</span>
              <span class="grow">
                <bdi>
                  {change.origin ? `${change.origin} → ` : ''}
                  {change.path}
                </bdi>
              </span>
              <span class="small soft">{sizesOf(change)}</span>
            </li>
          ))}
        </ul>
      )}
      {data?.truncated && (
        <Notice tone="info">
          Only the first {countWords(data.changes.length, 'change')} are here. butcher diff shows all.
        </Notice>
      )}
    </Dialog>
  )
}

function sizesOf({ before, after }: Change): string {
  if (before?.size != null && after?.size != null && before.size !== after.size)
    return `${sizeWords(before.size)} → ${sizeWords(after.size)}`
  const size = after?.size ?? before?.size
  return size == null ? '' : sizeWords(size)
}
