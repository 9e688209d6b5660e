/** Checks that a manifest line has the fields of its kind, because it becomes rows without further checks. */

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const whole: Check = (value) => Number.isSafeInteger(value)
const count: Check = (value) => whole(value) && (value as number) >= 0
const hex: Check = (value) => typeof value === 'string' && /^(?:[0-9a-f]{2}){1,64}$/.test(value)
const limit = 2n ** 63n
/** Decimal digits of a number that fits 64 bits; any number with 18 digits does. */
const decimal: Check = (value) =>
  typeof value === 'string' &&
  (/^-?\d{1,18}$/.test(value) ||
    (/^-?\d{19}$/.test(value) && BigInt(value) >= -limit && BigInt(value) < limit))
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const object: Check = (value) => typeof value === 'object' && value !== null
const number: Check = (value) => typeof value === 'number'
const run: Check = (value) =>
  Array.isArray(value) && value.length === 3 && value.every((each) => whole(each) && (each as number) >= 1)

const mark: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(whole)
const marks: Check = (value) => Array.isArray(value) && value.every(mark)

const entryFields = {
  path: text,
  first: count,
  type: text,
  mode: count,
  uid: whole,
  gid: whole,
  user: orNull(text),
  group: orNull(text),
  mtime: decimal,
  ctime: decimal,
  inode: decimal,
  size: orNull(count),
  content: orNull(count),
  member: orNull(text),
  link: orNull(text),
  device: orNull(text),
  attributes: optional(object),
}

const kinds = new Map<string, Readonly<Record<string, Check>>>([
  [
    'chunk',
    { format: count, set: text, chunk: count, disc: count, backup: count, contents: optional(count) },
  ],
  ['meta', { key: text, value: (value) => text(value) || number(value) }],
  [
    'backup',
    {
      number: count,
      name: orNull(text),
      started: whole,
      finished: orNull(whole),
      source: text,
      files: orNull(count),
      bytes: orNull(count),
    },
  ],
  [
    'disc',
    {
      number: count,
      label: text,
      medium: text,
      capacity: orNull(count),
      bytes: optional(orNull(count)),
      state: optional(text),
      burned: optional(orNull(whole)),
      verified: optional(orNull(whole)),
      location: optional(orNull(text)),
      redundancy: optional(orNull(number)),
      overhead: optional(count),
      share: optional(count),
      extra: optional(count),
    },
  ],
  ['stored', { chunk: count, disc: count, name: text, bytes: count, sha256: hex, backup: count }],
  ['content', { id: count, size: count, hash: orNull(hex), parts: count, chunk: orNull(count) }],
  ['part', { content: count, part: count, chunk: count, offset: count, size: count, hash: hex }],
  ['pieces', { content: count, runs: (value) => Array.isArray(value) && value.every(run) }],
  ['unfinished', { content: count, path: text, mtime: decimal, ctime: decimal, inode: decimal }],
  ['entry', entryFields],
  ['kept', { ...entryFields, last: orNull(count), ctime: orNull(decimal), inode: orNull(decimal) }],
  ['checkpoint', {}],
  ['gone', { path: text, backup: count }],
  [
    'root',
    {
      backup: count,
      mode: count,
      uid: whole,
      gid: whole,
      user: orNull(text),
      group: orNull(text),
      mtime: decimal,
      attributes: optional(object),
    },
  ],
  ['problem', { backup: count, path: text, message: text }],
  ['options', { backup: count, options: object }],
  ['retention', { forgotten: marks, pinned: marks }],
  ['replaced', { content: count, by: count, member: text }],
  ['end', { backup: count, finished: whole }],
])

const checks = new Map([...kinds].map(([kind, fields]) => [kind, Object.entries(fields)]))

/** The fault in `line`, or undefined. An unknown kind is accepted: later versions may define it. */
export function lineFault(line: unknown): string | undefined {
  const fields = line as { readonly [name: string]: unknown; readonly t?: unknown } | null
  if (typeof fields !== 'object' || fields === null || typeof fields.t !== 'string')
    return 'a line says no kind'
  for (const [name, check] of checks.get(fields.t) ?? [])
    if (!check(fields[name])) return `a line of kind ${fields.t} has a wrong ${name}`
  return undefined
}
