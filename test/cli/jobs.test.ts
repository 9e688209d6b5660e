import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { cli } from './cli.ts'
import { longTest } from '../support/rows.ts'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'jobs-cli-'))
const env = {
  XDG_CONFIG_HOME: path.join(home, 'config'),
  XDG_STATE_HOME: path.join(home, 'state'),
  XDG_DATA_HOME: path.join(home, 'data'),
}
const at = (...parts: string[]): string => path.join(home, ...parts)
const run = (...words: string[]) => cli(words, env)
const json = (...words: string[]): Record<string, unknown>[] =>
  run(...words, '--json')
    .stdout.split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

beforeAll(() => {
  for (const folder of ['photos', 'mail', 'store']) fs.mkdirSync(at(folder))
  fs.writeFileSync(at('photos', 'a.jpg'), 'one')
  fs.writeFileSync(at('photos', 'b.tmp'), 'two')
})

describe('a life of definitions and runs, without a daemon', () => {
  test('item, store, frequency and job are added in the way of bcper', () => {
    expect(run('item', 'add', 'photos', at('photos'), '--ignore', '*.tmp').stdout).toBe(
      'added the item photos\n',
    )
    run('store', 'add', 'disk', '--type', 'local', '--path', at('store'))
    run(
      'frequency',
      'add',
      'daily',
      '--name',
      'Every night',
      '--cron',
      '0 22 * * *',
      '--zone',
      'Europe/Berlin',
    )
    const words = '--name pn --target-type item --target-name photos --store-name disk --frequency-id daily'
    expect(run('job', 'add', ...words.split(' ')).stdout).toBe('added the job pn\n')
    expect(json('job', 'list')).toMatchObject([
      { type: 'job', name: 'pn', schedule_id: 'daily', enabled: true },
    ])
    expect(run('schedule', 'show', 'daily').stdout).toContain('every day at 22:00')
  })
  test('a run stores a set that every command takes, and is listed', () => {
    expect(run('job', 'run', 'pn')).toMatchObject({ status: 0, stdout: 'run 1 of the job pn: ok\n' })
    expect(json('run', 'list')).toMatchObject([
      { run: 1, job: 'pn', state: 'ok', trigger: 'manual', reason: '' },
    ])
    expect(run('list', at('store', 'pn')).stdout).toContain('a.jpg')
    expect(run('list', at('store', 'pn')).stdout).not.toContain('b.tmp')
  })
  test('an absent source is skipped with the reason, and status 1', () => {
    fs.renameSync(at('photos'), at('away'))
    const { status, stderr } = run('job', 'run', 'pn')
    expect(status).toBe(1)
    expect(stderr).toContain("the job 'pn' was skipped: the source is absent")
    fs.renameSync(at('away'), at('photos'))
  })
  test('a store whose disk is unmounted gets no new set', () => {
    fs.renameSync(at('store'), at('unmounted'))
    fs.mkdirSync(at('store'))
    expect(run('job', 'run', 'pn').stderr).toContain('perhaps the disk is unmounted')
    expect(fs.readdirSync(at('store'))).toEqual([])
    fs.rmdirSync(at('store'))
    fs.renameSync(at('unmounted'), at('store'))
  })
  test('a command before that fails ends the run; it is a list of words', () => {
    expect(run('job', 'edit', 'pn', '--before', 'rm -rf /').status).toBe(2)
    expect(run('job', 'edit', 'pn', '--before', '["false"]').status).toBe(0)
    expect(run('job', 'run', 'pn').stderr).toContain('the command before the backup failed: false')
    run('job', 'edit', 'pn', '--before', '')
    expect(json('run', 'log', '4')).toMatchObject([{ type: 'error' }])
  })
  test('a secret encrypts a new set, and stands in no other file', () => {
    fs.writeFileSync(at('pass'), 'very secret words\n')
    expect(run('secret', 'set', 'home', '--passphrase-file', at('pass')).status).toBe(0)
    run('item', 'add', 'mail', at('mail'), '--secret', 'home')
    run('job', 'add', 'mail', '--target-name', 'mail', '--store-name', 'disk')
    expect(run('job', 'run', 'mail').status).toBe(0)
    expect(fs.existsSync(at('store', 'mail', 'catalog.sqlite.bz2.gpg'))).toBe(true)
    expect(fs.statSync(at('data', 'butcher', 'secrets', 'home')).mode & 0o777).toBe(0o600)
    for (const file of [at('config', 'butcher', 'jobs.json'), at('state', 'butcher', 'jobs.sqlite')])
      expect(fs.readFileSync(file, 'latin1')).not.toContain('very secret words')
    expect(run('secret', 'remove', 'home').stderr).toContain("'mail' uses it")
  })
  longTest('a job keeps as many backups as it says', () => {
    run('job', 'edit', 'pn', '--keep-last', '1')
    for (const words of ['three', 'four']) {
      fs.writeFileSync(at('photos', 'a.jpg'), words)
      expect(run('job', 'run', 'pn')).toMatchObject({ status: 0 })
    }
    const log = json('log', at('store', 'pn')).filter(({ type }) => type === 'backup')
    expect(log).toMatchObject([{ backup: 3 }])
  })
  longTest('a channel is told of a failure once a day, and of the recovery', () => {
    const words = JSON.stringify(['sh', '-c', `echo "$BUTCHER_EVENT" >> ${at('told')}`])
    expect(run('channel', 'add', 'file', '--type', 'command', '--command', words).status).toBe(0)
    expect(run('channel', 'test', 'file').stdout).toBe('sent a test to the channel file\n')
    run('channel', 'add', 'bad', '--type', 'command', '--command', '["false"]')
    run('job', 'edit', 'pn', '--before', '["false"]')
    run('job', 'run', 'pn')
    run('job', 'run', 'pn')
    run('job', 'edit', 'pn', '--before', '')
    expect(run('job', 'run', 'pn')).toMatchObject({ status: 0 })
    expect(fs.readFileSync(at('told'), 'utf8')).toBe('test\nfailed\nrecovered\n')
    run('job', 'edit', 'pn', '--notify', 'file')
    expect(run('channel', 'remove', 'file').stderr).toContain("the job 'pn' needs it")
    expect(run('channel', 'remove', 'file', '--force').status).toBe(0)
    expect(json('job', 'show', 'pn')).toMatchObject([{ notify: [] }])
    expect(run('channel', 'add', 'x', '--type', 'webhook', '--url', 'file:///etc/passwd').stderr).toContain(
      'http',
    )
  })
  test('pause, resume and removal', () => {
    expect(run('job', 'pause', 'pn').stdout).toBe('paused the job pn\n')
    expect(run('job', 'list').stdout).toContain('paused by hand')
    expect(run('job', 'resume', 'pn').status).toBe(0)
    expect(run('item', 'remove', 'photos')).toMatchObject({ status: 2 })
    expect(run('item', 'remove', 'photos', '--force').stdout).toContain('disabled the job pn')
    expect(run('job', 'resume', 'pn').stderr).toContain("needs the item 'photos'")
  })
  test('names are completed', () => {
    expect(run('--get-completions', 'butcher', 'job', 'run', 'p').stdout).toBe('pn\n')
    expect(run('--get-completions', 'butcher', 'job', 'add', '--store-name', '').stdout).toBe('disk\n')
  })
})
