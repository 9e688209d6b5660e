import { useState } from 'preact/hooks'
import type { Backup } from '../api-types.ts'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'
import { address } from '../route.ts'
import { pick, type Selection, toggle } from '../selection.ts'
import { numberWords, sizeWords } from '../words.ts'

const pageSize = 100

/**
 * Backups with boxes to tick. A click on a row picks it, with Ctrl it is added, with Shift a range. On the
 * keyboard: arrows move, Space ticks, Shift and Space tick a range, Ctrl and A tick all.
 */
export function BackupTable({
  job,
  backups,
  selection,
  onSelection,
}: {
  readonly job: string
  readonly backups: readonly Backup[]
  readonly selection: Selection
  readonly onSelection: (selection: Selection) => void
}) {
  const [most, setMost] = useState(pageSize)
  const shown = backups.slice(0, most)
  const order = shown.map(({ backup }) => String(backup))
  const all = order.length > 0 && order.every((each) => selection.picked.has(each))
  const onKey = (event: KeyboardEvent): void => {
    const boxes = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLInputElement>('tbody input')]
    const at = boxes.indexOf(event.target as HTMLInputElement)
    if (at < 0) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      boxes[at + (event.key === 'ArrowDown' ? 1 : -1)]?.focus()
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      onSelection({ picked: new Set(order), anchor: order[0] })
    } else if (event.key === ' ' && event.shiftKey) {
      event.preventDefault()
      onSelection(
        pick(selection, order, order[at] as string, { shiftKey: true, ctrlKey: true, metaKey: false }),
      )
    }
  }
  return (
    <>
      <div class="rows">
        <table class="picks" onKeyDown={onKey}>
          <thead>
            <tr>
              <th>
                <input
                  type="checkbox"
                  aria-label="Select all"
                  checked={all}
                  onChange={() => onSelection({ picked: new Set(all ? [] : order), anchor: undefined })}
                />
              </th>
              <th>Backup</th>
              <th class="number wide-only">Files</th>
              <th class="number">Size</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((backup) => (
              <BackupRow
                key={backup.backup}
                job={job}
                backup={backup}
                picked={selection.picked.has(String(backup.backup))}
                onPick={(event) => onSelection(pick(selection, order, String(backup.backup), event))}
                onToggle={(event) =>
                  onSelection(
                    event.shiftKey
                      ? pick(selection, order, String(backup.backup), { ...keysOf(event), ctrlKey: true })
                      : toggle(selection, String(backup.backup)),
                  )
                }
              />
            ))}
          </tbody>
        </table>
      </div>
      {backups.length > most && (
        <button type="button" class="more" onClick={() => setMost(most + pageSize)}>
          Show older backups
        </button>
      )}
    </>
  )
}

const keysOf = ({ shiftKey, metaKey }: MouseEvent) => ({ shiftKey, metaKey })

function BackupRow({
  job,
  backup: { backup, name, started, files, bytes, pinned, forgotten },
  picked,
  onPick,
  onToggle,
}: {
  readonly job: string
  readonly backup: Backup
  readonly picked: boolean
  readonly onPick: (event: MouseEvent) => void
  readonly onToggle: (event: MouseEvent) => void
}) {
  const gone = forgotten != null
  return (
    <tr
      class={`${picked ? 'picked' : ''}${gone ? ' gone' : ''}`}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest('a, input')) onPick(event)
      }}
    >
      <td>
        <input
          type="checkbox"
          aria-label={`Backup ${backup}`}
          checked={picked}
          onClick={(event) => onToggle(event)}
        />
      </td>
      <td>
        {gone ? (
          <span class="name">Backup {backup}</span>
        ) : (
          <a class="name" href={address('backups', job, backup)}>
            Backup {backup}
          </a>
        )}{' '}
        {name && <bdi>{name}</bdi>}{' '}
        {pinned && (
          <span class="badge">
            <Icon name="pin" />
            pinned
          </span>
        )}
        {gone && <span class="badge">deleted</span>}
        <div class="small soft">
          <Time time={started} />
        </div>
      </td>
      <td class="number wide-only">{files === null ? 'not complete' : numberWords(files)}</td>
      <td class="number">{sizeWords(bytes)}</td>
    </tr>
  )
}
