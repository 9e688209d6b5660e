/** Shows which paths the patterns of an item leave out, before the item is saved. */

import fs from 'node:fs'
import path from 'node:path'
import { throwIfAborted } from '../errors.ts'
import { joinPath } from '../format/path-text.ts'
import { type WatchedFilter, watchedFilter } from '../files/path-filter.ts'
import { filledList, list, needed, type Kind, pattern } from '../options/check-fields.ts'
import { ok } from './answer.ts'
import { checkedBody } from './checked-body.ts'
import type { ApiRequest, Route } from './route.ts'

/** A look at more would keep the daemon from its work. */
const mostEntries = 50_000
const mostExamples = 100

const aPath: Kind = {
  expected: 'an absolute path',
  fits: (value) => typeof value === 'string' && path.isAbsolute(value) && !value.includes('\0'),
}

export const ignorePreviewRoute: Route = {
  method: 'POST',
  path: 'items/preview',
  scope: 'admin',
  summary: 'show what patterns leave out of some paths; nothing is saved',
  body: '`{paths, ignore}`, as of an item',
  answer: `\`{kept: {files, folders}, left_out: {files, folders}, examples: [{path, kind}], unmatched, absent, truncated}\`; folders that are left out are not looked into; unmatched are the patterns without a match, absent the paths that are not there; it looks at ${mostEntries} entries at most`,
  handle: preview,
}

interface Wish {
  readonly paths: readonly string[]
  readonly ignore: readonly string[]
}

interface Example {
  readonly path: string
  readonly kind: 'dir' | 'file'
}

class Look {
  readonly kept = { files: 0, folders: 0 }
  readonly leftOut = { files: 0, folders: 0 }
  readonly examples: Example[] = []
  readonly absent: string[] = []
  #looked = 0

  get isTruncated(): boolean {
    return this.#looked >= mostEntries
  }

  /** Reads folder after folder, so that other requests come between. */
  async below(root: string, { takes }: WatchedFilter, signal: AbortSignal): Promise<void> {
    const folders = ['']
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const entries = await readFolder(path.join(root, folder))
      if (entries === undefined) {
        if (folder === '' && !fs.existsSync(root)) this.absent.push(root)
        continue
      }
      for (const entry of entries) {
        if (this.isTruncated) return
        throwIfAborted(signal)
        this.#looked++
        const inner = joinPath(folder, entry.name)
        const isFolder = entry.isDirectory()
        const isKept = takes(inner, isFolder)
        this.#count(isKept ? this.kept : this.leftOut, isFolder)
        if (isKept && isFolder) folders.push(inner)
        if (!isKept && this.examples.length < mostExamples)
          this.examples.push({ path: path.join(root, inner), kind: isFolder ? 'dir' : 'file' })
      }
    }
  }

  #count(sums: { files: number; folders: number }, isFolder: boolean): void {
    if (isFolder) sums.folders++
    else sums.files++
  }
}

/** None of a file, or of a folder that cannot be read. */
const readFolder = (folder: string): Promise<readonly fs.Dirent[] | undefined> =>
  fs.promises.readdir(folder, { withFileTypes: true }).catch(() => undefined)

async function preview(request: ApiRequest) {
  const { paths, ignore } = checkedBody<Wish>(request, {
    paths: needed(filledList(aPath)),
    ignore: needed(list(pattern)),
  })
  const look = new Look()
  let unmatched: readonly string[] = ignore
  for (const root of paths) {
    const filter = watchedFilter({ exclude: ignore })
    await look.below(root, filter, request.signal)
    const left = new Set(filter.unmatched().exclude)
    unmatched = unmatched.filter((one) => left.has(one))
  }
  const { kept, leftOut, examples, absent, isTruncated } = look
  return ok({ kept, left_out: leftOut, examples, unmatched, absent, truncated: isTruncated })
}
