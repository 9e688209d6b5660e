import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { setTime } from '../../support/tree.ts'
import { restored, runBackup, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

test('a file of the year 2400 is backed up, named, and comes back as of 2262; the next backup finds it unchanged', async () => {
  const source = path.join(scratch.folder, 'source')
  const destination = path.join(scratch.folder, 'destination')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'far'), 'far\n')
  fs.writeFileSync(path.join(source, 'near'), 'near\n')
  setTime(path.join(source, 'far'), 13_569_465_600_500_000_000n)
  const first = await runBackup({ source, destination, medium: 'unlimited' })
  expect(first.told).toEqual([
    'far: has a time that cannot be kept; it is stored as of 2262-04-11T23:47:16.000Z',
  ])
  expect(first.filesNew).toBe(2)
  const second = await runBackup({ source, destination, medium: 'unlimited' })
  expect(second.filesUnchanged).toBe(2)
  const lines = await restored({ from: [destination], into: path.join(scratch.folder, 'out') })
  expect(lines.find((line) => line.startsWith('far '))).toContain(' 9223372036000000000 file 4 ')
})
