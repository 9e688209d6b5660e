import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { program } from '../cli/cli.ts'
import { RunningDaemon, until } from './running-daemon.ts'

const script = path.join(import.meta.dirname, 'given-socket.py')
let daemon = new RunningDaemon()
afterEach(async () => {
  await daemon.kill('SIGKILL')
  daemon = new RunningDaemon()
})

const words = (kind: string, mode: string): string[] => [
  script,
  kind,
  daemon.socketPath,
  mode,
  ...program,
  'daemon',
]

test('the daemon takes the socket that systemd has bound, and leaves it at its end', async () => {
  const child = spawn('python3', words('unix', '600'), {
    env: { ...process.env, ...daemon.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr.on('data', (text: Buffer) => (daemon.log += text.toString()))
  daemon.child = child
  // A question that comes before the daemon is ready waits for it.
  await until(() => (fs.existsSync(daemon.socketPath) ? true : undefined))
  const { body } = await until(() => daemon.get('daemon').catch(() => undefined))
  expect(body).toMatchObject({ pid: child.pid })
  // Processes that it starts get neither the socket nor the variables.
  const environment = fs.readFileSync(`/proc/${child.pid}/environ`, 'latin1')
  expect(environment).toContain('LISTEN_FDS=1')
  await daemon.kill('SIGTERM')
  expect(daemon.log).toContain('the daemon has ended')
  expect(fs.existsSync(daemon.socketPath)).toBe(true)
})

test.each([
  ['tcp', '600', 'does not listen on a path'],
  ['datagram', '600', 'does not listen on a path'],
  ['unix', '666', 'other users can reach'],
  ['two', '600', 'it gives 2'],
])('a socket that is %s with mode %s is refused: %s', (kind, mode, why) => {
  const { status, stderr } = spawnSync('python3', words(kind, mode), {
    encoding: 'utf8',
    env: { ...process.env, ...daemon.env },
  })
  expect(stderr).toContain('cannot use the socket of systemd')
  expect(stderr).toContain(why)
  expect(status).toBe(2)
})

test('variables that are for another process are left alone', async () => {
  Object.assign(daemon.env, { LISTEN_PID: '1', LISTEN_FDS: '1' })
  await daemon.start()
  expect((await daemon.get('daemon')).status).toBe(200)
})
