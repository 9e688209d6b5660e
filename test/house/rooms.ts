/**
 * The rooms of src/, from top to bottom: the table in docs/design.md and the test of the imports are both
 * made of them. `node test/house/rooms.ts` prints the table.
 */

export interface Room {
  readonly name: string
  /** Imports go from a higher level to a lower one. Rooms of one level do not know each other. */
  readonly level: number
  readonly holds: string
}

const verbs = 'verb'
const stages = 'stage'
const adapters = 'adapter'

const group = (
  level: number,
  kind: string,
  rooms: Readonly<Record<string, string>>,
): readonly (Room & { kind: string })[] =>
  Object.entries(rooms).map(([name, holds]) => ({ name, level, holds, kind }))

export const rooms: readonly (Room & { readonly kind: string })[] = [
  ...group(9, 'command line', {
    'cli/': 'options, help, progress, messages, exit statuses; nothing else prints',
  }),
  ...group(8.5, 'page', {
    'page/': 'the page of the daemon in a browser; esbuild bundles it, and only types come from other rooms',
  }),
  ...group(8, 'library', {
    'index.ts': 'what other programs may import',
    'library/':
      'the functions of the library that are not verbs: opens a set, lists and finds in it, pages and labels',
  }),
  ...group(7, verbs, {
    'commands/backup/': 'brings the set up to date with the source, stages its discs',
    'commands/burn/': '`burn`, `iso`, and `burn --follow`, the only verb that calls another one: backup',
    'commands/catalog/': 'verbs that only ask the catalog: `list`, `find`, `log`, `diff`, `discs`; `doctor`',
    'commands/device/': '`device backup` and `device restore`: images of cards and disks',
    'commands/label/': '`label` and `index`: labels to print, a page to look at',
    'commands/mount/': 'mounts a set: opens it, and reads contents for the kernel in a thread',
    'commands/partition/': 'looks into a partition image, checks it, restores the partition',
    'commands/rebuild/': 'a catalog out of discs alone',
    'commands/repair/': 'a sound copy of a damaged disc',
    'commands/retention/':
      '`forget`, `pin`, `unpin`: marks backups; `prune`: frees the room of forgotten ones',
    'commands/restore/': 'brings files back, finds the discs that are needed',
    'commands/spare/': '`spare` and `recover`',
    'commands/verify/': 'reads discs through, records the result',
    'commands/worker/': '`worker` and `pack-chunk`: pack chunks that another host planned',
    'commands/zip/': 'a part of a backup as a zip file, while it is read: for downloads by the page',
  }),
  ...group(7.5, 'daemon', {
    'daemon/': 'starts the jobs that are due; one instance, by its socket',
  }),
  ...group(7.2, 'interface', {
    'api/':
      'the HTTP interface of the daemon: routes, events, the guard of its web side, the files of the page',
  }),
  ...group(6.5, 'jobs', {
    'jobs/': 'items, vaults, stores, schedules and jobs; their runs, each as a process of butcher itself',
  }),
  ...group(6, 'set', {
    'set/': 'a set in its destination: opens, changes and writes its catalog; journal, discs, branches, keys',
  }),
  ...group(5.5, 'set', {
    'remote/':
      'a set in a store as a local folder: stubs, fetching, the outbox, the order of uploads; its state in the cache',
  }),
  ...group(5, stages, {
    'ingest/': 'walks the source, applies the ignore rules',
    'diff/': 'compares the source with the last backup',
    'pack/': 'makes chunks: plans them, reads, hashes and tars in worker threads',
    'disc/': 'makes discs: capacity, README.txt, restore.sh, SHA256SUMS, the staged catalog',
    'restore/': 'plans which chunks are needed, reads each once, writes and checks the files',
    'retention/': 'which backups a policy keeps: calendar and rules, as pure data',
    'verify/': 'compares what was read of a disc with the catalog, tells what a damage costs',
    'burn/': 'images of discs, and burning them by xorriso',
    'spare/': 'the parity of several discs: streams, XOR, README.txt',
    'parity/': 'PAR2 sets: their size, making, repair by par2, finding them in damaged discs',
    'rebuild/': 'reads chunks for their manifests, derives a catalog from them',
    'mount/': 'a set as a tree of files: folders, attributes and where contents are, from the catalog',
    'label/': 'labels as shapes, and shapes as SVG and PDF',
    'device/': 'disks: lists and judges them, reads, writes and compares them; images of them',
    'index-page/': 'index.html: its data, and the page around it',
  }),
  ...group(4.5, 'partition images', {
    'partition/': 'images of partclone, partimage and ntfsclone: their headers, blocks and checksums',
  }),
  ...group(4.2, 'image bytes', {
    'image-bytes/':
      'the bytes of an image of a partition or device: plain, split, compressed or from standard input; random access to them',
  }),
  ...group(4, 'checks', {
    'options/': 'what the fields of options may hold, for command line and library alike',
  }),
  ...group(3.7, 'chunks', {
    'stretches/':
      'reads any range of a content out of its chunks: finds members, decodes the needed blocks, keeps them for a while',
  }),
  ...group(3.5, 'chunks', {
    'chunk/':
      'reads a chunk: stored bytes, decrypted, decompressed, the members of its tar; past damage if asked',
  }),
  ...group(3, adapters, {
    'catalog/':
      'the SQLite database, and all SQL but that of restore/: applies manifests, answers questions; finds catalogs',
    'crypto/': 'OpenPGP: encrypts, decrypts, reads keys, tells a wrong secret',
    'compress/': 'the compressors: programs if they are installed, else Node and WebAssembly',
    'fuse/': 'mounts a tree of files, and serves it to the kernel by its FUSE protocol',
  }),
  ...group(2.8, adapters, {
    'notify/': 'tells people of runs: by a command, webhook, ping, email or desktop notification',
  }),
  ...group(2.7, adapters, {
    'queue/': 'a queue of chunks to pack, in Redis or Valkey by BullMQ',
    'store/': 'a place for sets: a folder, or a remote of rclone; its lock',
  }),
  ...group(2.5, adapters, {
    'files/': 'the file system: durable writes, locks, owners, times, temporary folders, patterns',
  }),
  ...group(2, 'below them', {
    'programs/': 'finds and runs other programs, in a chosen environment',
    'threads/': 'starts worker threads, notices their end, carries their errors over',
  }),
  ...group(1.5, 'below them', {
    'sqlite/': 'opens databases, with better-sqlite3 or the SQLite of Node.js',
    'media/': 'files in folders, images and drives alike: ISO 9660 is read here',
  }),
  ...group(1.2, 'below them', {
    'schedule/': 'when a job is due: cron expressions, time zones, missed runs',
  }),
  ...group(1, 'vocabulary', { 'format/': 'every name, byte and digest that is meant to last' }),
  ...group(0.5, 'vocabulary', {
    'own-files.ts': 'the files that come with butcher, and how it starts itself again',
  }),
  ...group(0.6, 'vocabulary', { 'progress.ts': 'reports at most a few times a second' }),
  ...group(0.3, 'vocabulary', { 'events.ts': 'what a long command reports while it works' }),
  ...group(0, 'vocabulary', { 'errors.ts': 'the one error class, its codes, and the stop' }),
]

/** The table of docs/design.md. */
export function roomsTable(): string {
  const cells = rooms.map(({ name, holds, kind }) => [`\`src/${name}\``, holds, kind] as const)
  const head = ['room', 'what it does', 'level'] as const
  const widths = head.map((title, i) =>
    Math.max(title.length, ...cells.map((row) => (row[i] as string).length)),
  )
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(' | ')} |`
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...cells.map(line)].join(
    '\n',
  )
}

if (process.argv[1] === import.meta.filename) console.log(roomsTable())
