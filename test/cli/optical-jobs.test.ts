import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cli } from './cli.ts'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'optical-jobs-'))
const at = (...parts: string[]): string => path.join(home, ...parts)
const env = { XDG_CONFIG_HOME: at('config'), XDG_STATE_HOME: at('state'), XDG_DATA_HOME: at('data') }
const run = (...words: string[]) => cli(words, env)

test('an optical job names the discs to burn, until they are burned', () => {
  for (const folder of ['photos', 'discs']) fs.mkdirSync(at(folder))
  for (const name of ['a', 'b', 'c']) fs.writeFileSync(at('photos', name), randomBytes(1e6))
  run('item', 'add', 'photos', at('photos'))
  run('store', 'add', 'discs', '--type', 'optical', '--path', at('discs'), '--medium', '2500000')
  expect(run('job', 'add', 'p', '--target-name', 'photos', '--store-name', 'discs')).toMatchObject({
    status: 0,
  })
  expect(run('job', 'run', 'p').stdout).toBe('run 1 of the job p: ok (burn disc 1)\n')
  expect(run('job', 'list').stdout).toContain('burn disc 1')
  expect(JSON.parse(run('job', 'show', 'p', '--json').stdout)).toMatchObject({ discs_to_burn: [1] })
  const burned = run('burn', at('discs', 'p'), '1', '--device', `stdio:${at('disc-%d.img')}`)
  expect(burned).toMatchObject({ status: 0 })
  expect(run('job', 'list').stdout).not.toContain('burn disc 1')
  expect(run('job', 'edit', 'p', '--keep-last', '3').stderr).toContain('a burned disc cannot be changed')
})
