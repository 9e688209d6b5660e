import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

const pageSize = 50

/** The entries of a list that a filter leaves, 50 at a time. */
export function LongList<T>({
  entries,
  text,
  children,
  label,
  tools,
}: {
  readonly entries: readonly T[]
  /** The words of an entry that the filter looks at. */
  readonly text: (entry: T) => string
  readonly children: (entry: T) => ComponentChildren
  readonly label: string
  readonly tools?: ComponentChildren
}) {
  const [words, setWords] = useState('')
  const [shown, setShown] = useState(pageSize)
  const wanted = words.trim().toLowerCase()
  const found =
    wanted === '' ? entries : entries.filter((entry) => text(entry).toLowerCase().includes(wanted))
  return (
    <>
      {(entries.length > 7 || tools) && (
        <div class="tools">
          {entries.length > 7 && (
            <input
              type="search"
              aria-label={`Filter ${label}`}
              placeholder={`Filter ${label}`}
              value={words}
              onInput={(event) => {
                setWords(event.currentTarget.value)
                setShown(pageSize)
              }}
            />
          )}
          {tools}
          <span class="soft small" role="status">
            {found.length === entries.length ? `${entries.length}` : `${found.length} of ${entries.length}`}{' '}
            {label}
          </span>
        </div>
      )}
      {found.length > 0 && <ul class="rows">{found.slice(0, shown).map(children)}</ul>}
      {found.length > shown && (
        <button type="button" class="more" onClick={() => setShown(shown + pageSize)}>
          Show {Math.min(pageSize, found.length - shown)} more of {found.length}
        </button>
      )}
    </>
  )
}
