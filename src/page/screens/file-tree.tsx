import { useEffect, useRef, useState } from 'preact/hooks'
import { type ApiError, asApiError, get, part } from '../api.ts'
import type { TreeEntry, TreePage } from '../api-types.ts'
import { Icon } from '../parts/icon.tsx'
import { ErrorNotice } from '../parts/notice.tsx'
import { pick, type Selection, toggle } from '../selection.ts'
import { baseName, sizeWords } from '../words.ts'

interface Folder {
  readonly entries: readonly TreeEntry[]
  readonly next: string | null
}

interface Row {
  readonly entry: TreeEntry
  readonly level: number
  /** The folder has more entries than are loaded: this row loads them. */
  readonly more?: { readonly folder: string; readonly after: string }
}

/** The tree of a backup. A folder is asked for when it is opened. */
export function FileTree({
  job,
  backup,
  selection,
  onSelection,
}: {
  readonly job: string
  readonly backup: string
  readonly selection: Selection
  readonly onSelection: (selection: Selection) => void
}) {
  const [folders, setFolders] = useState<ReadonlyMap<string, Folder>>(new Map())
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set(['']))
  const [active, setActive] = useState('')
  const [error, setError] = useState<ApiError | undefined>()
  const tree = useRef<HTMLDivElement>(null)

  const load = async (folder: string, after?: string): Promise<void> => {
    try {
      const page = await get<TreePage>(
        `backups/${part(job)}/${part(backup)}/tree?path=${part(folder)}${after === undefined ? '' : `&after=${part(after)}`}`,
      )
      setFolders((before) => {
        const entries = after === undefined ? [] : (before.get(folder)?.entries ?? [])
        return new Map(before).set(folder, { entries: [...entries, ...page.entries], next: page.next })
      })
    } catch (problem) {
      setError(asApiError(problem))
    }
  }
  useEffect(() => {
    void load('')
  }, [job, backup])

  const open = (folder: string, wanted: boolean): void => {
    const next = new Set(opened)
    if (wanted) next.add(folder)
    else next.delete(folder)
    setOpened(next)
    if (wanted && !folders.has(folder)) void load(folder)
  }
  const rows = rowsOf('', 1, folders, opened)
  const order = rows.filter(({ more }) => more === undefined).map(({ entry }) => entry.path)
  const current = rows.some(({ entry }) => entry.path === active) ? active : rows[0]?.entry.path
  const focusOn = (row: Row | undefined): void => {
    if (!row) return
    setActive(row.entry.path)
    const at = rows.indexOf(row)
    ;(tree.current?.querySelectorAll('[role="treeitem"]')[at] as HTMLElement | undefined)?.focus()
  }
  const onKey = (event: KeyboardEvent): void => {
    const at = rows.findIndex(({ entry }) => entry.path === current)
    const row = rows[at]
    if (!row) return
    const isOpen = opened.has(row.entry.path)
    const isFolder = row.entry.kind === 'dir'
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focusOn(rows[at + 1]),
      ArrowUp: () => focusOn(rows[at - 1]),
      Home: () => focusOn(rows[0]),
      End: () => focusOn(rows.at(-1)),
      ArrowRight: () => (isFolder && !isOpen ? open(row.entry.path, true) : focusOn(rows[at + 1])),
      ArrowLeft: () =>
        isFolder && isOpen
          ? open(row.entry.path, false)
          : focusOn(rows.slice(0, at).findLast(({ level }) => level < row.level)),
      Enter: () => (row.more ? void load(row.more.folder, row.more.after) : open(row.entry.path, !isOpen)),
      ' ': () => {
        if (row.more) void load(row.more.folder, row.more.after)
        else
          onSelection(
            event.shiftKey
              ? pick(selection, order, row.entry.path, event)
              : toggle(selection, row.entry.path),
          )
      },
    }
    const chosen = acts[event.key]
    if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      onSelection({ picked: new Set(order), anchor: order[0] })
    }
    if (!chosen) return
    event.preventDefault()
    chosen()
  }
  return (
    <>
      <ErrorNotice error={error} />
      {folders.get('')?.entries.length === 0 && <p class="soft">This backup is empty.</p>}
      <div
        class="tree"
        role="tree"
        aria-label="Files of the backup"
        aria-multiselectable="true"
        ref={tree}
        onKeyDown={onKey}
      >
        {rows.map((row) => {
          const { entry, level, more } = row
          const isFolder = entry.kind === 'dir' && more === undefined
          return (
            <div
              key={entry.path}
              role="treeitem"
              aria-level={level}
              aria-expanded={isFolder ? opened.has(entry.path) : undefined}
              aria-selected={selection.picked.has(entry.path)}
              tabIndex={entry.path === current ? 0 : -1}
              style={{ paddingInlineStart: `${level * 20 - 14}px` }}
              onClick={(event) => {
                setActive(entry.path)
                if (more) void load(more.folder, more.after)
                else onSelection(pick(selection, order, entry.path, event))
              }}
              onDblClick={() => isFolder && open(entry.path, !opened.has(entry.path))}
            >
              <span
                class="twist"
                onClick={(event) => {
                  if (!isFolder) return
                  event.stopPropagation()
                  open(entry.path, !opened.has(entry.path))
                }}
              >
                {isFolder && <Icon name="right" />}
              </span>
              {more === undefined && <Icon name={iconOf(entry.kind)} />}
              <span class="grow">
                <bdi>{more ? 'Show more' : baseName(entry.path)}</bdi>
              </span>
              {entry.kind === 'file' && <span class="size">{sizeWords(entry.size)}</span>}
            </div>
          )
        })}
      </div>
    </>
  )
}

const iconOf = (kind: string) => (kind === 'dir' ? 'folder' : kind === 'symlink' ? 'link' : 'file')

/** The rows in sight: the entries of all opened folders. */
function rowsOf(
  folder: string,
  level: number,
  folders: ReadonlyMap<string, Folder>,
  opened: ReadonlySet<string>,
): readonly Row[] {
  const loaded = folders.get(folder)
  if (!loaded) return []
  const rows = loaded.entries.flatMap((entry): readonly Row[] =>
    entry.kind === 'dir' && opened.has(entry.path)
      ? [{ entry, level }, ...rowsOf(entry.path, level + 1, folders, opened)]
      : [{ entry, level }],
  )
  if (loaded.next === null) return rows
  const entry: TreeEntry = { path: `${folder}\0more`, kind: 'more', size: null, mtime: null }
  return [...rows, { entry, level, more: { folder, after: loaded.next } }]
}
