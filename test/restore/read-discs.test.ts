import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { LostContents } from '../../src/restore/lost-contents.ts'
import { createPlan } from '../../src/restore/plan-tables.ts'
import { readDiscs } from '../../src/restore/read-discs.ts'
import type { RestoreJob } from '../../src/restore/restore-job.ts'
import { RestoreReport } from '../../src/restore/restore-report.ts'
import type { Task } from '../../src/restore/protocol.ts'
import type { WorkerPool } from '../../src/restore/worker-pool.ts'

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'read-discs-'))
afterAll(() => fs.rmSync(scratch, { recursive: true }))

/** Four discs of three chunks, one each in the drives of two, and what is read at the same time. */
async function read(atHand: Map<number, string>, job: Partial<RestoreJob> = {}) {
  const plan = createPlan(path.join(fs.mkdtempSync(path.join(scratch, 'x-')), 'plan'))
  const add = plan.prepare('INSERT INTO chunk VALUES (?, ?, ?, 10, ?)')
  for (let i = 1; i <= 12; i++) add.run(i, Math.ceil(i / 3), `chunk-${i}`, Buffer.alloc(32))
  const inWork = new Set<string>()
  const order: string[] = []
  const together = new Set<string>()
  const pool = {
    begin: async (task: Task) => {
      if (task.do !== 'chunk') throw new Error(task.do)
      const { file } = task.source
      order.push(file)
      inWork.add(file)
      const outcome = wait(5).then(() => {
        if (inWork.size > 1) together.add([...inWork].map((one) => one.split('/')[1]).sort().join('+')) // prettier-ignore
        inWork.delete(file)
        return { parts: [], lost: [], damage: undefined }
      })
      return { outcome }
    },
    stop: () => {},
  } as unknown as WorkerPool
  const missing = await readDiscs(
    {
      discAtHand: (disc: number) => atHand.get(disc),
      locateDisc: async ({ disc }: { disc: number }) => atHand.get(disc),
      discFolders: () => [],
      isDrive: () => true,
      driveOf: (folder: string) => folder,
      report: () => {},
      ...job,
    } as unknown as RestoreJob,
    plan,
    pool,
    new RestoreReport(() => {}),
    new LostContents(plan),
  )
  plan.close()
  return { order, together, missing }
}

const chunk = (drive: string, number: number): string => `/${drive}/chunks/chunk-${number}`

test('discs in several drives are read side by side, each in the order of its chunks', async () => {
  const { order, together, missing } = await read(new Map([[1, '/a'], [2, '/b'], [3, '/a'], [4, '/b']])) // prettier-ignore
  expect([...together]).toEqual(['a+b'])
  expect(missing).toEqual([])
  expect(order.filter((file) => file.startsWith('/a/'))).toEqual([1, 2, 3, 7, 8, 9].map((i) => chunk('a', i)))
  expect(order.filter((file) => file.startsWith('/b/'))).toEqual(
    [4, 5, 6, 10, 11, 12].map((i) => chunk('b', i)),
  )
})

test('one drive reads one chunk at a time', async () => {
  const { together } = await read(new Map([1, 2, 3, 4].map((disc) => [disc, '/a'])))
  expect([...together]).toEqual([])
})

test('what is at hand is read first, then one disc after the other is asked for, with what was put in besides', async () => {
  const atHand = new Map([[3, '/a']])
  const asked: number[] = []
  const { order, together, missing } = await read(atHand, {
    locateDisc: async ({ disc }) => {
      if (!atHand.has(disc)) asked.push(disc)
      if (disc === 2) atHand.set(2, '/a').set(4, '/b')
      return atHand.get(disc)
    },
  })
  expect(asked).toEqual([1, 2])
  expect(missing.map(({ disc }) => disc)).toEqual([1])
  expect(order[0]).toBe(chunk('a', 7))
  expect(order).toHaveLength(9)
  expect([...together]).toEqual(['a+b'])
})
