/** The first half of a backup: walks the source, compares it with the newest backup, and queues the work. */

import fs from 'node:fs'
import path from 'node:path'
import { type PreviousEntry, previousByteEntries, previousEntries } from '../../catalog/previous-entries.ts'
import { lostFinder } from '../../catalog/broken-contents.ts'
import { attachQueue, passes, queueAdder, queueIndexes, type WorkItem } from '../../catalog/work-queue.ts'
import { inTransaction } from '../../catalog/working-catalog.ts'
import { type Change, Comparison } from '../../diff/compare.ts'
import { ButcherError, systemCode, systemText } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { readAttributesText } from '../../files/attributes.ts'
import { maxAttributesBytes } from '../../format/attributes.ts'
import { counted } from '../../format/counted-text.ts'
import { pieceBytes } from '../../format/piece.ts'
import { isFile } from '../../format/entry-kind.ts'
import { pathForSystem, showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'
import { fileInSource, isFolderSource, showSource, type SourceTree } from '../../format/source-tree.ts'
import { pace } from '../../progress.ts'
import { entriesOf } from '../../ingest/entry-batch.ts'
import { UnreadPaths } from '../../ingest/unread-paths.ts'
import type { SourceEntry, SourceProblem } from '../../ingest/source-entry.ts'
import type { BackupRun } from './backup-run.ts'
import { ChangeCounter, type ChangeCounts } from './count-changes.ts'
import { KeptLinks } from './kept-links.ts'
import { refuseExcluded, sourceChoice } from './source-walk.ts'
import { type PatternSearch, refuseNothing, reportUnmatched } from '../../set/user-patterns.ts'

export interface Ingested extends ChangeCounts {
  readonly problems: readonly SourceProblem[]
}

/** Queues, in a database beside the catalog, everything that differs from the newest backup. */
export async function ingestSource(run: BackupRun): Promise<Ingested> {
  const { walk, backup, options, checkRoot, report, kept } = run
  const { db, tempDir } = run.set
  attachQueue(db, path.join(tempDir, 'work.sqlite'))
  const add = queueAdder(db)
  const choice = sourceChoice(options)
  refuseExcluded(options.source, choice)
  kept.addEmptied(db, options.source)
  walk.begin(tempDir, choice)
  const problems: SourceProblem[] = []
  const unread = new UnreadPaths()
  const onProblem = (problem: SourceProblem): void => {
    checkRoot()
    problems.push(problem)
    if (problem.isUnread === true) unread.add(problem.path)
    report({ type: 'warning', kind: 'source', path: problem.path, message: problem.message })
  }
  const links = new KeptLinks(db, kept)
  const counter = new ChangeCounter(db, backup, unread)
  const progress = { entries: 0, files: 0, bytes: 0 }
  const isDue = pace()
  isDue(true)
  report({ type: 'stage', stage: 'scan' })

  const { raw } = run
  const attributesOf = raw ? (): string | null => raw.attributes : attributesReader(options.source, onProblem)
  const isLost = (options.replaceDiscs ?? []).length > 0 ? lostFinder(db) : () => false

  const compare = async (): Promise<void> => {
    const comparison = new Comparison<SourceEntry, PreviousEntry>(
      previousEntries(db),
      previousByteEntries(db),
      (change) => {
        if (change.kind === 'gone' && kept.has(change.previous.path)) {
          kept.count(change.previous.path, isFile(change.previous))
          const replaced = links.replace(change.previous)
          if (replaced) add(passes.metadata, replaced)
          return
        }
        queueChange(
          change,
          counter.count(change),
          (previous) => isLost(previous.content) || (options.full === true && previous.first < backup),
          add,
          attributesOf,
          raw ? () => true : isPieced(options.piecesFromBytes),
        )
      },
    )
    try {
      for (;;) {
        const found = await walk.next(report)
        if (found === undefined) break
        for (const problem of found.problems) onProblem(problem)
        for (const entry of entriesOf(found.entries)) {
          if (kept.has(entry.path)) continue
          progress.entries++
          if (isFile(entry)) progress.files++
          progress.bytes += entry.type === 'file' ? (entry.size ?? 0) : 0
          comparison.see(entry)
        }
        if (!isDue()) continue
        report({ type: 'progress', stage: 'scan', files: progress.files, bytes: progress.bytes })
        // If the walk is ahead, everything here is synchronous: signals arrive only in these pauses.
        await new Promise((resolve) => setImmediate(resolve))
      }
      comparison.end()
      checkRoot()
    } finally {
      comparison.close()
    }
  }
  try {
    // The comparison reads a table while the same connection writes the queue, another database.
    await inTransaction(db, compare)
  } catch (error) {
    checkRoot()
    throw error
  }
  queueIndexes(db)
  report({ type: 'progress', stage: 'scan', files: progress.files, bytes: progress.bytes })
  for (const problem of kept.problems()) onProblem(problem)
  const { counts } = counter
  // The folders of several sources are entries themselves.
  const roots = typeof options.source === 'string' ? 0 : options.source.filter(isFolderSource).length
  reportPatterns(run, progress.entries <= roots)
  if (progress.entries === 0 && counts.filesDeleted > 0 && typeof options.source === 'string')
    warnOfEmpty(options.source, counts.filesDeleted, report)
  return { ...counts, problems: problems.map((problem) => withLost(problem, unread, report)) }
}

/** A typing error must not record anything as deleted. Throws `no-match`. */
function reportPatterns(
  { walk, options, given, callPatterns, report, kept }: BackupRun,
  nothingTaken: boolean,
): void {
  const { unmatched } = walk
  if (unmatched === undefined) return
  const { source, include, exclude, filter } = options
  const search: PatternSearch = {
    where: `the ${typeof source === 'string' ? 'source' : 'sources'} ${showSource(source)}`,
    source,
    given: callPatterns,
    relative: { include, exclude: given.exclude ?? exclude },
    filter: filter ?? undefined,
  }
  refuseNothing(unmatched, nothingTaken, search)
  // A source that cannot be read may have what a pattern is for.
  if (kept.isEmpty) reportUnmatched(unmatched, search, report)
}

/** A mount point without its disk looks like this. */
function warnOfEmpty(source: string, filesBefore: number, report: Report): void {
  if (fs.readdirSync(pathForSystem(source)).length > 0) return
  const message = `the source ${showPath(source)} is empty, and the backup before has ${counted(filesBefore, 'file')}: is its file system mounted?`
  report({ type: 'warning', kind: 'other', message })
}

/** The problem with its cost: files of the previous backup that this one cannot have. */
function withLost(problem: SourceProblem, unread: UnreadPaths, report: Report): SourceProblem {
  const files = problem.isUnread === true ? unread.files(problem.path) : 0
  if (files === 0) return problem
  const lost = `${counted(files, 'file')} of the backup before, here or below, cannot be in this one`
  report({ type: 'warning', kind: 'other', path: problem.path, message: lost })
  return { ...problem, message: `${problem.message}; ${lost}` }
}

/** Reads the attributes of a path; a failure becomes a problem of the path. */
function attributesReader(
  source: SourceTree,
  onProblem: (problem: SourceProblem) => void,
): (path: string) => string | null {
  return (name) => {
    try {
      return readAttributesText(fileInSource(source, name))
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return null // packing it will tell
      const message =
        code === 'E2BIG'
          ? `has more than ${showSize(maxAttributesBytes)} of extended attributes: they are not saved`
          : `cannot read its extended attributes: ${systemText(error)}`
      onProblem({ path: name, message })
      return null
    }
  }
}

/** Queues unchanged files as well if they must be stored again. */
function queueChange(
  change: Change<SourceEntry, PreviousEntry>,
  kind: WorkItem['change'],
  isStoredAgain: (previous: PreviousEntry) => boolean,
  add: ReturnType<typeof queueAdder>,
  attributesOf: (path: string) => string | null,
  inPieces: (item: WorkItem) => boolean,
): void {
  if (change.kind === 'gone')
    return add(passes.metadata, {
      ...change.previous,
      allocated: null,
      attributes: null,
      type: 'gone',
      change: 'changed',
    })
  if (change.kind === 'unchanged') {
    // Attributes of unchanged entries are not read: a million files need no calls besides the walk's.
    const { entry, previous } = change
    if (entry.type !== 'file' || !isStoredAgain(previous)) return
  }
  const item: WorkItem = { ...change.entry, change: kind, attributes: attributesOf(change.entry.path) }
  if (!isFile(item)) add(passes.metadata, item)
  else if (item.type === 'file') add(inPieces(item) ? passes.pieced : passes.files, item)
  else add(passes.deduplicated, item)
}

const isPieced =
  (fromBytes: number) =>
  ({ size }: WorkItem): boolean =>
    fromBytes > 0 && (size ?? 0) >= Math.max(fromBytes, pieceBytes + 1)

/** The absolute path of the source, a readable folder. Throws `source`. */
export function checkSource(source: string): string {
  const absolute = path.resolve(source)
  try {
    if (!fs.statSync(pathForSystem(absolute)).isDirectory()) {
      throw new ButcherError('source', `the source ${showPath(source)} is not a folder`, {
        path: source,
        hint: 'give the folder that holds it, and --include; or --as and a name',
      })
    }
    fs.readdirSync(pathForSystem(absolute))
  } catch (error) {
    if (error instanceof ButcherError) throw error
    throw new ButcherError('source', `cannot read the source ${showPath(source)}: ${systemText(error)}`, {
      path: source,
      cause: error,
    })
  }
  return absolute
}
