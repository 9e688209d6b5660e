/** Attacks on the port of the page, against a running daemon. */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningDaemon, until } from '../daemon/running-daemon.ts'
import { longTest } from '../support/rows.ts'

const daemon = new RunningDaemon()
const password = 'correct horse battery'
let port = 0
let cookie = ''
let admin = ''
let reader = ''

const own = (): { readonly origin: string } => ({ origin: `http://127.0.0.1:${port}` })

const web = (method: string, route: string, headers: http.OutgoingHttpHeaders = {}, body?: unknown) =>
  daemon.ask(method, route, { port, headers, ...(body === undefined ? {} : { body }) })

/** Sends bytes as they are, and returns what comes back until the end or for `ms`. */
const raw = (bytes: string, ms = 20_000): Promise<string> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    const end = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text)
    }
    const timer = setTimeout(end, ms)
    socket.on('data', (piece) => (text += piece.toString()))
    socket.on('close', end)
    socket.on('error', end)
  })

beforeAll(async () => {
  daemon.cli('item', 'add', 'photos', '/srv/photos')
  fs.mkdirSync(daemon.path('data', 'butcher'), { recursive: true })
  fs.writeFileSync(daemon.path('password'), `${password}\n`)
  await daemon.start()
  admin = daemon.cli('web', '--token', 'admin').trim()
  reader = daemon.cli('web', '--token', 'read').trim()
  const [line] = daemon.cli('web', '--json', '--password-file', daemon.path('password')).split('\n')
  const link = JSON.parse(line as string) as { url: string; port: number }
  port = link.port
  const once = new URL(link.url)
  const prefetched = await web('GET', `${once.pathname}${once.search}`, { 'sec-purpose': 'prefetch' })
  expect(prefetched.status).toBe(403)
  const taken = await web('GET', `${once.pathname}${once.search}`)
  expect(taken).toMatchObject({ status: 303, headers: { location: './' } })
  const [set] = taken.headers['set-cookie'] as string[]
  expect(set).toMatch(/^butcher-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/)
  cookie = (set as string).split(';')[0] as string
  const again = await web('GET', `${once.pathname}${once.search}`)
  expect(again.headers['set-cookie']).toBeUndefined()
})
afterAll(() => daemon.kill('SIGKILL'))

test('a session works, and each answer has its guards', async () => {
  const { status, headers } = await web('GET', '/api/v1/items', { cookie })
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
  expect(headers['content-security-policy']).toContain(`default-src 'none'`)
  expect(headers['access-control-allow-origin']).toBeUndefined()
  expect((await web('GET', '/')).headers['content-security-policy']).toContain(`frame-ancestors 'none'`)
  const item = { paths: ['/srv/other'] }
  expect((await web('PUT', '/api/v1/items/other', { cookie, ...own() }, item)).status).toBe(201)
})

describe('DNS rebinding', () => {
  test.each([
    'evil.example',
    'evil.example:PORT',
    'localhost.evil.example:PORT',
    'localhost:1',
    '127.0.0.1',
    '0.0.0.0:PORT',
  ])('the name %j gets 421', async (name) => {
    const host = name.replace('PORT', String(port))
    expect((await web('GET', '/api/v1/items', { cookie, host })).status).toBe(421)
    expect((await web('GET', '/', { host })).status).toBe(421)
  })

  test.each(['localhost:PORT', '127.0.0.1:PORT', 'LOCALHOST:PORT'])('the name %s is ours', async (name) => {
    const host = name.replace('PORT', String(port))
    expect((await web('GET', '/api/v1/items', { cookie, host })).status).toBe(200)
  })

  test('no name, two names, or an address with a name in it', async () => {
    const ours = `127.0.0.1:${port}`
    const head = `Cookie: ${cookie}\r\nConnection: close\r\n\r\n`
    expect(await raw(`GET /api/v1/items HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1.1 421/)
    expect(await raw(`GET /api/v1/items HTTP/1.1\r\nHost: ${ours}\r\nHost: evil.example\r\n${head}`)).toMatch(
      /^HTTP\/1.1 4(00|21)/,
    )
    expect(await raw(`GET http://evil.example/api/v1/items HTTP/1.1\r\nHost: ${ours}\r\n${head}`)).toMatch(
      /^HTTP\/1.1 400/,
    )
  })
})

describe('another site', () => {
  const item = { paths: ['/etc'] }
  test.each([
    ['with its origin', { origin: 'https://evil.example' }],
    ['on another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['in a frame without an origin', { origin: 'null' }],
    ['that tells no origin', {}],
    ['as the browser names it', { 'sec-fetch-site': 'cross-site' }],
    ['of the same machine', { 'sec-fetch-site': 'same-site' }],
  ])('%s cannot change anything', async (_, headers) => {
    expect((await web('PUT', '/api/v1/items/evil', { cookie, ...headers }, item)).status).toBe(403)
    expect((await web('POST', '/api/v1/login', headers, { password })).status).toBe(403)
    expect((await daemon.get('items/evil')).status).toBe(404)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx'])(
    'a form as %s is refused',
    async (type) => {
      const headers = { cookie, ...own(), 'content-type': type }
      expect((await web('PUT', '/api/v1/items/evil', headers, item)).status).toBe(415)
    },
  )

  test('cannot read what it has not opened', async () => {
    const fetched = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
    expect((await web('GET', '/api/v1/events', fetched)).status).toBe(403)
    expect((await web('OPTIONS', '/api/v1/items', { cookie, origin: 'https://evil.example' })).status).toBe(
      403,
    )
  })
})

describe('who may', () => {
  test('nothing without a session', async () => {
    expect(await web('GET', '/api/v1/items')).toMatchObject({ status: 401, body: { code: 'login' } })
    expect((await web('GET', '/api/v1/items', { cookie: 'butcher-1=x' })).status).toBe(401)
    expect((await web('GET', '/api/v1/items', { authorization: 'Bearer butcher_x' })).status).toBe(401)
    expect((await web('GET', '/login?once=x')).headers['set-cookie']).toBeUndefined()
    expect((await web('GET', '/healthz')).body).toEqual({ ok: true })
  })

  test('a token does what its scope says, and no more', async () => {
    const asReader = { authorization: `Bearer ${reader}` }
    expect((await web('GET', '/api/v1/items', asReader)).status).toBe(200)
    expect((await web('PUT', '/api/v1/items/x', asReader, { paths: ['/x'] })).status).toBe(403)
    expect((await web('POST', '/api/v1/jobs/x/run', asReader, {})).status).toBe(403)
    const asAdmin = { authorization: `Bearer ${admin}` }
    expect((await web('PUT', '/api/v1/items/x', asAdmin, { paths: ['/x'] })).status).toBe(201)
    expect((await web('POST', '/api/v1/web', asAdmin, {})).status).toBe(403)
  })

  test('only admin makes a channel with a command, tests one, looks into folders or takes contents', async () => {
    const token = daemon.cli('web', '--token', 'run').trim()
    const runner = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const marker = daemon.path('marker')
    const command = { kind: 'command', command: ['touch', marker] }
    const asked = [
      ['PUT', 'channels/evil', command],
      ['POST', 'channels/evil/test', {}],
      ['DELETE', 'channels/evil', undefined],
      ['POST', 'items/preview', { paths: ['/etc'], ignore: [] }],
      ['GET', 'backups/photos/1/zip', undefined],
      ['GET', 'backups/photos/1/zip/plan', undefined],
    ] as const
    for (const [method, route, body] of asked)
      expect({ route, status: (await web(method, `/api/v1/${route}`, runner, body)).status }).toEqual({
        route,
        status: 403,
      })
    for (const headers of [
      { cookie, origin: 'https://evil.example' },
      { cookie, 'sec-fetch-site': 'cross-site' },
    ])
      expect((await web('PUT', '/api/v1/channels/evil', headers, command)).status).toBe(403)
    const embedded = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
    expect((await web('GET', '/api/v1/backups/photos/1/zip', embedded)).status).toBe(403)
    expect(fs.existsSync(marker)).toBe(false)
    const asAdmin = { authorization: `Bearer ${admin}` }
    // No shell sees the words, and an address is one of http.
    expect(
      (await web('PUT', '/api/v1/channels/x', asAdmin, { kind: 'command', command: 'touch x' })).status,
    ).toBe(400)
    for (const url of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'http://'])
      expect((await web('PUT', '/api/v1/channels/x', asAdmin, { kind: 'webhook', url })).status).toBe(400)
  })

  test('guesses of the password are slowed down; the right one begins a session', async () => {
    const guess = (words: string) => web('POST', '/api/v1/login', own(), { password: words })
    expect((await guess('wrong')).status).toBe(401)
    const early = await guess(password)
    expect(early.status).toBe(429)
    expect(Number(early.headers['retry-after'])).toBeGreaterThan(0)
    const right = await until(async () => {
      const answer = await guess(password)
      return answer.status === 429 ? undefined : answer
    })
    expect(right.status).toBe(200)
    const mine = (right.headers['set-cookie'] as string[])[0]?.split(';')[0] as string
    expect((await web('POST', '/api/v1/logout', { cookie: mine, ...own() }, {})).status).toBe(200)
    expect((await web('GET', '/api/v1/items', { cookie: mine })).status).toBe(401)
  })

  test('no secret is in the log, in an answer, or in a file that others read', () => {
    const files = ['data/butcher/web-access.json', 'config/butcher/jobs.json']
    for (const file of files) expect(fs.statSync(daemon.path(file)).mode & 0o077).toBe(0)
    const texts = [daemon.log, ...files.map((file) => fs.readFileSync(daemon.path(file), 'utf8'))].join('\n')
    for (const secret of [password, admin, reader, cookie.split('=')[1] as string])
      expect(texts).not.toContain(secret)
  })

  test.runIf(process.getuid?.() === 0)('another user of the machine reaches neither socket nor data', () => {
    const asNobody = (script: string): string => {
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
        uid: 65_534,
        gid: 65_534,
        encoding: 'utf8',
        cwd: '/',
      })
      return stdout + stderr
    }
    const ask = (options: object): string =>
      asNobody(`require('http').get(${JSON.stringify(options)},
        (r) => { console.log(r.statusCode); r.destroy() }).on('error', (e) => console.log(e.code))`)
    fs.chmodSync(daemon.home, 0o755)
    expect(ask({ socketPath: daemon.socketPath, path: '/api/v1/items' })).toMatch(/EACCES/)
    expect(ask({ host: '127.0.0.1', port, path: '/api/v1/items' })).toBe('401\n')
    const read = `require('fs').readFileSync(${JSON.stringify(daemon.path('data/butcher/web-access.json'))})`
    expect(asNobody(read)).toMatch(/EACCES/)
  })
})

test('a session outlives a kill of the daemon; a file of sessions that others may read counts for nothing', async () => {
  const file = daemon.path('run/butcher/sessions.json')
  expect(fs.statSync(file).mode & 0o077).toBe(0)
  expect(fs.readFileSync(file, 'utf8')).not.toContain(cookie.split('=')[1])
  const again = async (): Promise<number | undefined> => {
    await daemon.kill('SIGKILL')
    await daemon.start()
    await daemon.ask('POST', '/api/v1/web', { body: { port } })
    return (await web('GET', '/api/v1/items', { cookie })).status
  }
  const saved = fs.readFileSync(file)
  expect(await again()).toBe(200)
  fs.chmodSync(file, 0o644)
  expect(await again()).toBe(401)
  fs.writeFileSync(file, '{"sessions": 1}', { mode: 0o600 })
  fs.chmodSync(file, 0o600)
  expect(await again()).toBe(401)
  fs.writeFileSync(file, saved)
  expect(await again()).toBe(200)
})

describe('addresses', () => {
  test.each([
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/assets/../../../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets%2f..%2f..%2fpackage.json',
    '//etc/passwd',
    '/%00',
    '/\\..\\..\\package.json',
    '/%ff',
  ])('%s leads to no file', async (address) => {
    const text = await raw(`GET ${address} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1.1 (200|404|503|400)/)
    expect(text).not.toMatch(/root:|"name": "butcher"/)
  })
})

describe('floods', () => {
  const head = (): string =>
    `Host: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\nCookie: ${cookie}\r\n`

  test('a head of a megabyte, and one of 5,000 headers', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(1 << 20)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    )
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5000)}\r\n`)).toMatch(/^HTTP\/1.1 431/)
    expect(await raw(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 4(31|14)/,
    )
  })

  test('a body that says it is large, one that is, and one that is deep', async () => {
    const start = `PUT /api/v1/items/x HTTP/1.1\r\n${head()}Content-Type: application/json\r\n`
    expect(await raw(`${start}Content-Length: 99999999999\r\n\r\n{`)).toMatch(/^HTTP\/1.1 413/)
    const piece = `10000\r\n${' '.repeat(65_536)}\r\n`
    expect(await raw(`${start}Transfer-Encoding: chunked\r\n\r\n${piece.repeat(40)}`)).toMatch(
      /^HTTP\/1.1 413/,
    )
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect(await raw(`${start}Connection: close\r\nContent-Length: ${deep.length}\r\n\r\n${deep}`)).toMatch(
      /^HTTP\/1.1 400/,
    )
    const two = `${start}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`
    expect(await raw(two)).toMatch(/^HTTP\/1.1 400/)
  })

  longTest('10,000 requests at 50 a time, and 300 connections that say nothing', async () => {
    const silent = Array.from({ length: 300 }, () => net.connect(port, '127.0.0.1').on('error', () => {}))
    const agent = new http.Agent({ keepAlive: true, maxSockets: 50 })
    await new Promise((resolve) => setTimeout(resolve, 200))
    for (const socket of silent) socket.destroy()
    const one = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port, path: '/api/v1/items', agent, headers: { cookie } }
        http
          .get(options, (response) => {
            response.resume()
            response.on('end', () => resolve(response.statusCode))
          })
          .on('error', reject)
      })
    const statuses = await Promise.all(Array.from({ length: 10_000 }, one))
    agent.destroy()
    expect(new Set(statuses)).toEqual(new Set([200]))
    const { body } = await daemon.get('daemon')
    expect(body['memory_bytes']).toBeLessThan(400 << 20)
  })

  longTest('somebody who sends a letter at a time is let go', async () => {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {})
    const drip = setInterval(() => socket.write('a'), 500)
    socket.write('GET / HTTP/1.1\r\nX: ')
    await new Promise((resolve) => {
      socket.on('close', resolve)
      socket.resume()
    })
    clearInterval(drip)
    expect((await daemon.get('daemon')).status).toBe(200)
  })
})

test('--off closes the port and ends the sessions', async () => {
  daemon.cli('web', '--off')
  await expect(web('GET', '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  const answer = await daemon.ask('POST', '/api/v1/web', { body: { port } })
  expect(answer.body).toMatchObject({ port })
  expect((await web('GET', '/api/v1/items', { cookie })).status).toBe(401)
})

test('another address needs a password', async () => {
  daemon.cli('web', '--no-password', '--no-open')
  daemon.cli('web', '--revoke-tokens')
  const asked = await daemon.ask('PUT', '/api/v1/items/a', { body: { paths: ['/a'] } })
  expect(asked.status).toBe(201)
  const file = daemon.path('config/butcher/jobs.json')
  const settings = JSON.parse(fs.readFileSync(file, 'utf8')) as object
  fs.writeFileSync(file, JSON.stringify({ ...settings, settings: { web: { bind: '0.0.0.0' } } }))
  const refused = await daemon.ask('POST', '/api/v1/web', { body: {} })
  expect(refused).toMatchObject({ status: 400, body: { hint: 'butcher web --set-password' } })
  await expect(web('GET', '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
