/** Restores: a plan first, then the run. */

import fs from 'node:fs'
import path from 'node:path'
import { accepted, ok } from './answer.ts'
import { askButcher, linesOf, setOf } from './ask-butcher.ts'
import { notThere } from './api-error.ts'
import { checkedBody, numberParam } from './checked-body.ts'
import { partsOf, type RestorePart, type RestoreWish, wishFields } from './restore-plan.ts'
import type { ApiRequest, Route } from './route.ts'

const wishText =
  '`{job, backup, paths, target, conflicts}`: paths relative to the source, none for all; target a folder, or null for the original place; conflicts `keep`, `replace` or `beside` (into a new folder `TARGET.backup-N`)'

const restoreText =
  '`{id, job, backup, paths, targets, conflicts, state, reason, progress, started, finished, files, bytes, warnings, warning_count, kept}`; state is `running`, `ok`, `partial`, `failed` or `stopped`'

/** Looking at more files than these would take long. */
const mostLookedAt = 20_000

export const restoreRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: 'restores/plan',
    scope: 'admin',
    summary: 'show what a restore would write and which discs it needs; nothing is written',
    body: wishText,
    answer:
      '`{backup, targets, files, directories, bytes, in_the_way, discs, missing_discs}`; in_the_way counts files that are there already, and is null if there are too many to look',
    handle: plan,
  },
  {
    method: 'POST',
    path: 'restores',
    scope: 'admin',
    summary: 'start a restore',
    body: wishText,
    answer: `202 ${restoreText}`,
    isOnce: true,
    handle: async (request, { restores }) =>
      accepted(await restores.start(checkedBody<RestoreWish>(request, wishFields))),
  },
  {
    method: 'GET',
    path: 'restores',
    scope: 'read',
    summary: 'list the restores since the start of the daemon, the newest first',
    answer: `list of ${restoreText}`,
    handle: (_, { restores }) => ok(restores.list()),
  },
  {
    method: 'GET',
    path: 'restores/{id}',
    scope: 'read',
    summary: 'show a restore',
    answer: restoreText,
    handle: (request, { restores }) => ok(found(restores.find(numberParam(request, 'id')))),
  },
  {
    method: 'POST',
    path: 'restores/{id}/stop',
    scope: 'admin',
    summary: 'stop a restore; files that are restored stay',
    answer: `202 ${restoreText}`,
    handle: (request, { restores }) => accepted(found(restores.stop(numberParam(request, 'id')))),
  },
]

function found<T>(restore: T | undefined): T {
  if (restore === undefined) throw notThere('there is no such restore')
  return restore
}

async function plan(request: ApiRequest) {
  const wish = checkedBody<RestoreWish>(request, wishFields)
  const parts = partsOf(wish)
  const { destination, passphrase } = await setOf(wish.job)
  const sums = { files: 0, directories: 0, bytes: 0 }
  const discs = new Map<unknown, object>()
  const missing = new Set<number>()
  for (const { options, target } of parts) {
    const words = ['restore', '--plan', ...options, '--json', '--', destination, target]
    const { lines, summary } = await linesOf(words, 'disc', { passphrase, signal: request.signal })
    for (const name of ['files', 'directories', 'bytes'] as const) sums[name] += Number(summary[name] ?? 0)
    for (const disc of lines as { readonly disc: number; readonly place: string | null }[]) {
      discs.set(disc.disc, disc)
      if (disc.place === null) missing.add(disc.disc)
    }
  }
  return ok({
    backup: wish.backup,
    targets: parts.map(({ target }) => target),
    ...sums,
    in_the_way:
      wish.conflicts === 'beside' ? 0 : await countInTheWay(parts, destination, passphrase, request.signal),
    discs: [...discs.values()],
    missing_discs: [...missing],
  })
}

/** Files of the backup that are in the target already, whatever they hold. */
async function countInTheWay(
  parts: readonly RestorePart[],
  destination: string,
  passphrase: string | undefined,
  signal: AbortSignal,
): Promise<number | null> {
  let [count, looked] = [0, 0]
  for (const { options, target } of parts) {
    if (!(await exists(target))) continue
    const looks: Promise<boolean>[] = []
    await askButcher(
      ['list', ...options.filter((one) => one !== '--overwrite'), '--json', '--', destination],
      {
        passphrase,
        signal,
        line: (line) => {
          if (line['type'] !== 'entry' || line['kind'] === 'dir') return true
          looks.push(exists(path.join(target, String(line['path']))))
          return ++looked <= mostLookedAt
        },
      },
    )
    if (looked > mostLookedAt) return null
    count += (await Promise.all(looks)).filter(Boolean).length
  }
  return count
}

const exists = (file: string): Promise<boolean> =>
  fs.promises.lstat(file).then(
    () => true,
    () => false,
  )
