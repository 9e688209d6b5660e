/** Several entries picked at once, as file managers do it: Ctrl adds one, Shift a range. Pure. */

export interface Selection {
  readonly picked: ReadonlySet<string>
  /** The range of a Shift begins here. */
  readonly anchor: string | undefined
}

export const nothingPicked: Selection = { picked: new Set(), anchor: undefined }

interface Keys {
  readonly ctrlKey: boolean
  readonly shiftKey: boolean
  readonly metaKey: boolean
}

/** `order`: all entries as they are shown. */
export function pick(
  { picked, anchor }: Selection,
  order: readonly string[],
  entry: string,
  { ctrlKey, shiftKey, metaKey }: Keys,
): Selection {
  const adds = ctrlKey || metaKey
  if (shiftKey && anchor !== undefined && order.includes(anchor)) {
    const [from, to] = [order.indexOf(anchor), order.indexOf(entry)].toSorted((a, b) => a - b) as [
      number,
      number,
    ]
    const range = order.slice(from, to + 1)
    return { picked: new Set(adds ? [...picked, ...range] : range), anchor }
  }
  if (adds) return toggle({ picked, anchor }, entry)
  return { picked: new Set([entry]), anchor: entry }
}

export function toggle({ picked }: Selection, entry: string): Selection {
  const next = new Set(picked)
  if (!next.delete(entry)) next.add(entry)
  return { picked: next, anchor: entry }
}
