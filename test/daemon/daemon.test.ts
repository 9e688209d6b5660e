import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, program } from '../cli/cli.ts'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'daemon-'))
const env = {
  XDG_CONFIG_HOME: path.join(home, 'config'),
  XDG_STATE_HOME: path.join(home, 'state'),
  XDG_DATA_HOME: path.join(home, 'data'),
  XDG_RUNTIME_DIR: path.join(home, 'run'),
}
const socketPath = path.join(home, 'run', 'butcher', 'daemon.sock')
let daemon: ChildProcess
let log = ''

function startDaemon(): ChildProcess {
  const [command, ...before] = program as [string, ...string[]]
  const child = spawn(command, [...before, 'daemon'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr.on('data', (text: Buffer) => (log += text.toString()))
  return child
}

/** Waits for something that comes by itself; the test's own limit ends it. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** An answer: the fields of a run, or a list of them. */
type Body = Readonly<Record<string, unknown>> & readonly Readonly<Record<string, unknown>>[]

const ask = (method: string, route: string): Promise<{ status: number | undefined; body: Body }> =>
  new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path: route }, (response) => {
      let body = ''
      response.on('data', (text: Buffer) => (body += text.toString()))
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(body) as Body }))
    })
    request.on('error', reject)
    request.end()
  })

beforeAll(async () => {
  fs.mkdirSync(path.join(home, 'photos'))
  fs.mkdirSync(path.join(home, 'store'))
  fs.writeFileSync(path.join(home, 'photos', 'a'), 'one')
  const calls = [
    ['item', 'add', 'photos', path.join(home, 'photos')],
    ['store', 'add', 'disk', '--path', path.join(home, 'store')],
    ['schedule', 'add', 'once', '--cron', ''],
    ['job', 'add', 'now', '--target-name', 'photos', '--store-name', 'disk', '--frequency-id', 'once'],
    ['job', 'add', 'later', '--target-name', 'photos', '--store-name', 'disk'],
  ]
  for (const words of calls) expect(cli(words, env)).toMatchObject({ status: 0 })
  daemon = startDaemon()
  await until(() => (log.includes('is ready') ? true : undefined))
})
afterAll(() => daemon.kill('SIGKILL'))

test('the socket is of its user alone', () => {
  expect(fs.statSync(socketPath).mode & 0o777).toBe(0o600)
  expect(fs.statSync(path.dirname(socketPath)).mode & 0o777).toBe(0o700)
})

test('a job that is due is run once, and its due time is stored', async () => {
  const run = await until(async () => {
    const { body } = await ask('GET', '/api/v1/runs?job=now')
    return body[0]?.['finished'] ? body[0] : undefined
  })
  expect(run).toMatchObject({ job: 'now', state: 'ok', trigger: 'schedule', missed: 0 })
  expect(run['due']).not.toBeNull()
})

test('a run by hand through the socket', async () => {
  expect((await ask('POST', '/api/v1/jobs/later/run')).status).toBe(202)
  const run = await until(async () => {
    const { body } = await ask('GET', '/api/v1/runs?job=later')
    return body[0]?.['finished'] ? body[0] : undefined
  })
  expect(run).toMatchObject({ state: 'ok', trigger: 'manual', due: null })
  expect((await ask('GET', '/api/v1/runs?job=now')).body).toHaveLength(1)
})

test('a stop ends a run that waits for its command before', async () => {
  const words = ['--target-name', 'photos', '--store-name', 'disk', '--before', '["sleep", "1000"]']
  expect(cli(['job', 'add', 'waits', ...words], env)).toMatchObject({ status: 0 })
  await ask('POST', '/api/v1/jobs/waits/run')
  const run = await until(async () => (await ask('GET', '/api/v1/runs?job=waits')).body[0])
  await until(async () => {
    const { body } = await ask('GET', `/api/v1/runs/${String(run['run'])}`)
    return body['step'] === 'command before: sleep' ? true : undefined
  })
  expect((await ask('POST', `/api/v1/runs/${String(run['run'])}/stop`)).status).toBe(202)
  const ended = await until(async () => {
    const { body } = await ask('GET', '/api/v1/runs?job=waits')
    return body[0]?.['finished'] ? body[0] : undefined
  })
  expect(ended).toMatchObject({ state: 'stopped', reason: 'stopped by the user' })
})

test.each([
  ['GET', '/api/v1/nothing', 404],
  ['GET', '/api/v1/jobs/unknown', 400],
  ['GET', '/api/v1/jobs/%ff', 400],
  ['GET', '/api/v1/jobs/../../etc/passwd', 404],
  ['GET', '/api/v1/__proto__', 404],
  ['GET', '/api/v1/runs/99999999', 404],
  ['POST', '/api/v1/jobs/unknown/run', 400],
  ['POST', '/api/v1/runs/1/stop', 400],
  ['DELETE', '/api/v1/jobs/now', 405],
  ['GET', '//[', 400],
])('%s %s is answered with %i, and the daemon lives', async (method, route, status) => {
  expect((await ask(method, route)).status).toBe(status)
  expect((await ask('GET', '/api/v1/daemon')).body).toMatchObject({ pid: daemon.pid, queue: [] })
})

test('a second daemon is refused with status 11', () => {
  const { status, stderr } = cli(['daemon'], env)
  expect(status).toBe(11)
  expect(stderr).toContain('a daemon of butcher runs already')
})

test('after a kill another one starts, and runs nothing twice; SIGTERM ends it', async () => {
  daemon.kill('SIGKILL')
  await once(daemon, 'close')
  log = ''
  daemon = startDaemon()
  await until(() => (log.includes('is ready') ? true : undefined))
  expect((await ask('GET', '/api/v1/runs')).body).toHaveLength(3)
  daemon.kill('SIGTERM')
  await once(daemon, 'close')
  expect(fs.existsSync(socketPath)).toBe(false)
  expect(log).toContain('the daemon has ended')
})
