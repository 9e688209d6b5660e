import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunDatabase, type RunRow } from '../../src/jobs/run-database.ts'
import { cli } from '../cli/cli.ts'
import { RunningDaemon, until } from './running-daemon.ts'

const daemon = new RunningDaemon()
const { socketPath } = daemon
/** A remote of rclone that does not answer. */
const nas = { RCLONE_CONFIG_NAS_TYPE: 'webdav', RCLONE_CONFIG_NAS_URL: 'http://127.0.0.1:1' }

beforeAll(async () => {
  Object.assign(process.env, nas)
  fs.mkdirSync(daemon.path('photos'))
  fs.mkdirSync(daemon.path('store'))
  fs.writeFileSync(daemon.path('photos', 'a'), 'one')
  daemon.cli('item', 'add', 'photos', daemon.path('photos'))
  daemon.cli('store', 'add', 'disk', '--path', daemon.path('store'))
  daemon.cli('schedule', 'add', 'once', '--cron', '')
  const target = ['--target-name', 'photos', '--store-name', 'disk']
  daemon.cli('job', 'add', 'now', ...target, '--frequency-id', 'once')
  daemon.cli('job', 'add', 'later', ...target)
  await daemon.start()
})
afterAll(async () => {
  for (const name of Object.keys(nas)) delete process.env[name]
  await daemon.kill('SIGKILL')
})

test('the socket is of its user alone', () => {
  expect(fs.statSync(socketPath).mode & 0o777).toBe(0o600)
  expect(fs.statSync(path.dirname(socketPath)).mode & 0o777).toBe(0o700)
})

test('a job that is due is run once, and its due time is stored', async () => {
  const run = await daemon.ended('now')
  expect(run).toMatchObject({ job: 'now', state: 'ok', trigger: 'schedule', missed: 0 })
  expect(run['due']).not.toBeNull()
})

test('a run by hand through the socket; the same key starts it once', async () => {
  const key = { 'idempotency-key': 'abc' }
  expect((await daemon.post('jobs/later/run', {}, key)).status).toBe(202)
  const run = await daemon.ended('later')
  expect(run).toMatchObject({ state: 'ok', trigger: 'manual', due: null })
  expect((await daemon.post('jobs/later/run', {}, key)).status).toBe(202)
  expect((await daemon.get('runs?job=now')).body).toHaveLength(1)
  expect((await daemon.get('runs?job=later')).body).toHaveLength(1)
})

test('a stop ends a run that waits for its command before', async () => {
  const words = ['--target-name', 'photos', '--store-name', 'disk', '--before', '["sleep", "1000"]']
  daemon.cli('job', 'add', 'waits', ...words)
  await daemon.post('jobs/waits/run')
  const run = await until(async () => (await daemon.get('runs?job=waits')).body[0])
  await until(async () => {
    const { body } = await daemon.get(`runs/${String(run['run'])}`)
    return body['step'] === 'command before: sleep' ? true : undefined
  })
  expect((await daemon.get('jobs/waits/status')).body).toMatchObject({ state: 'running' })
  expect((await daemon.post(`runs/${String(run['run'])}/stop`)).status).toBe(202)
  expect(await daemon.ended('waits')).toMatchObject({ state: 'stopped', reason: 'stopped by the user' })
})

test('a run that is killed is interrupted, and resumed at once', async () => {
  await daemon.post('jobs/waits/run')
  const begun = await until(async () => {
    const [run] = (await daemon.get('runs?job=waits')).body
    return run?.['state'] === 'running' && run['step'] === 'command before: sleep' ? run : undefined
  })
  daemon.cli('job', 'edit', 'waits', '--before', '')
  const runs = new RunDatabase(daemon.path('state', 'butcher', 'jobs.sqlite'))
  process.kill((runs.find(begun['run'] as number) as RunRow).pid, 'SIGKILL')
  runs.close()
  const resumed = await until(async () => {
    const [run] = (await daemon.get('runs?job=waits')).body
    return run?.['state'] === 'ok' ? run : undefined
  })
  expect(resumed).toMatchObject({ trigger: 'resume', resumes: begun['run'] })
  expect((await daemon.get(`runs/${String(begun['run'])}`)).body).toMatchObject({ state: 'interrupted' })
})

test('a job whose store is absent waits for it, and its due time is not used up', async () => {
  daemon.cli('store', 'add', 'usb', '--path', daemon.path('usb'))
  const words = ['--target-name', 'photos', '--store-name', 'usb', '--frequency-id', 'once']
  daemon.cli('job', 'add', 'to-usb', ...words)
  await daemon.post('daemon/reload')
  await until(async () => {
    const { body } = await daemon.get('daemon')
    const [held] = body['held'] as { job: string; reason: string }[]
    return held?.reason.startsWith("the store 'usb' is absent") ? true : undefined
  })
  expect((await daemon.get('runs?job=to-usb')).body).toEqual([])
  daemon.cli('job', 'pause', 'to-usb')
  await daemon.post('daemon/reload')
})

test('so does a job whose remote does not answer', async () => {
  daemon.cli('store', 'add', 'nas', '--type', 'rclone', '--remote', 'nas', '--path', 'sets')
  const words = ['--target-name', 'photos', '--store-name', 'nas', '--frequency-id', 'once']
  daemon.cli('job', 'add', 'to-nas', ...words)
  await daemon.post('daemon/reload')
  await until(async () => {
    const held = (await daemon.get('daemon')).body['held'] as { job: string; reason: string }[]
    return held.some(({ reason }) => reason.startsWith("the store 'nas' is absent: it does not answer"))
      ? true
      : undefined
  })
  expect((await daemon.get('runs?job=to-nas')).body).toEqual([])
  const { status, stderr } = cli(['job', 'run', 'to-nas'], daemon.env)
  expect({ status, stderr }).toMatchObject({ status: 1 })
  expect(stderr).toContain("the job 'to-nas' was skipped: the store 'nas' is absent")
  daemon.cli('job', 'pause', 'to-nas')
  await daemon.post('daemon/reload')
})

test.each([
  ['GET', '/api/v1/nothing', 404],
  ['GET', '/api/v1/jobs/unknown', 404],
  ['GET', '/api/v1/jobs/%ff', 400],
  ['GET', '/api/v1/jobs/../../etc/passwd', 404],
  ['GET', '/api/v1/__proto__', 404],
  ['GET', '/api/v1/runs/99999999', 404],
  ['GET', '/api/v1/runs/one', 400],
  ['GET', '/api/v1/runs?limit=x', 400],
  ['POST', '/api/v1/jobs/unknown/run', 404],
  ['POST', '/api/v1/runs/1/stop', 400],
  ['DELETE', '/api/v1/runs', 405],
  ['GET', '//[', 400],
])('%s %s is answered with %i, and the daemon lives', async (method, route, status) => {
  expect((await daemon.ask(method, route)).status).toBe(status)
  expect((await daemon.get('daemon')).body).toMatchObject({ pid: daemon.child?.pid })
})

test('a second daemon is refused with status 11', () => {
  const { status, stderr } = cli(['daemon'], daemon.env)
  expect(status).toBe(11)
  expect(stderr).toContain('a daemon of butcher runs already')
})

test('SIGHUP reads the definitions again and opens the log again; the daemon goes on', async () => {
  const logFile = daemon.path('state', 'butcher', 'daemon.log')
  expect(fs.readFileSync(logFile, 'utf8')).toContain('  starting now, due at ')
  fs.renameSync(logFile, `${logFile}.moved`)
  const definitions = daemon.path('config', 'butcher', 'jobs.json')
  const right = fs.readFileSync(definitions)
  fs.writeFileSync(definitions, '{')
  daemon.child?.kill('SIGHUP')
  await until(() => (daemon.log.includes(`cannot use ${definitions}`) ? true : undefined))
  fs.writeFileSync(definitions, right)
  daemon.child?.kill('SIGHUP')
  await until(() => (daemon.log.includes('read the definitions again; jobs: 5') ? true : undefined))
  expect(daemon.cli('daemon', 'logs', '--lines', '1')).toMatch(
    /^\d{4}-.*Z {2}read the definitions again; jobs: 5\n$/,
  )
  expect(fs.statSync(logFile).mode & 0o777).toBe(0o600)
  expect((await daemon.get('daemon')).body).toMatchObject({ pid: daemon.child?.pid })
})

test('after a kill another one starts, and runs nothing twice; SIGTERM ends it', async () => {
  await daemon.kill('SIGKILL')
  await daemon.start()
  expect((await daemon.get('runs?job=now')).body).toHaveLength(1)
  await daemon.kill('SIGTERM')
  expect(fs.existsSync(socketPath)).toBe(false)
  expect(daemon.log).toContain('the daemon has ended')
})
