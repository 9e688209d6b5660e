import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Channel, Notice } from '../../src/notify/channel.ts'
import { mailText } from '../../src/notify/send-mail.ts'
import { isWanted, sendNotice } from '../../src/notify/send-notice.ts'

interface Received {
  readonly url: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}
const received: Received[] = []
let status = 200
const server = http.createServer((request, response) => {
  let body = ''
  request.on('data', (text: Buffer) => (body += text.toString()))
  request.on('end', () => {
    received.push({ url: request.url ?? '', headers: request.headers, body })
    response.writeHead(status).end()
  })
})
let url = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/check?a=1`
})
afterAll(() => server.close())

const notice: Notice = {
  event: 'failed',
  job: 'photos',
  run: 7,
  state: 'failed',
  reason: 'the store is full',
  discs: [],
  host: 'nas',
  at: '2026-11-28T22:00:00.000Z',
  log: 'the end of the log',
}

test('a webhook is signed, and holds the notice', async () => {
  await sendNotice({ name: 'hook', kind: 'webhook', url }, { key: 'k' }, notice)
  const { headers, body } = received.at(-1) as Received
  expect(JSON.parse(body)).toEqual(notice)
  const time = String(headers['x-butcher-timestamp'])
  const hmac = createHmac('sha256', 'k').update(`${time}.${body}`).digest('hex')
  expect(headers['x-butcher-signature']).toBe(`sha256=${hmac}`)
})

test.each([
  ['started', '/check/start?a=1', ''],
  ['succeeded', '/check?a=1', 'the end of the log'],
  ['failed', '/check/fail?a=1', 'the end of the log'],
  ['recovered', '/check/log?a=1', 'the end of the log'],
] as const)('a ping of %s goes to %s', async (event, route, body) => {
  await sendNotice({ name: 'checks', kind: 'ping' }, { url }, { ...notice, event })
  expect(received.at(-1)).toMatchObject({ url: route, body })
})

test('an answer that is no success is an error without the URL', async () => {
  status = 404
  const sending = sendNotice({ name: 'checks', kind: 'ping' }, { url }, notice)
  await expect(sending).rejects.toThrow("the channel 'checks' failed: the server answered with status 404")
  status = 200
})

test('a command gets the notice in its environment', async () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'notify-')), 'out')
  const command = ['sh', '-c', `echo "$BUTCHER_EVENT $BUTCHER_JOB $BUTCHER_RUN $BUTCHER_REASON" > ${file}`]
  await sendNotice({ name: 'c', kind: 'command', command }, {}, notice)
  expect(fs.readFileSync(file, 'utf8')).toBe('failed photos 7 the store is full\n')
  const failing = sendNotice({ name: 'c', kind: 'command', command: ['false'] }, {}, notice)
  await expect(failing).rejects.toThrow("the channel 'c' failed: false: status 1")
})

test('a mail has no header from outside, in any language', () => {
  const channel: Channel = { name: 'mail', kind: 'email', to: ['me@example.org'] }
  const job = 'Fotos für später, und noch mehr davon, שלום'
  const [head = '', body = ''] = mailText(channel, { ...notice, job, reason: 'a\nBcc: b' }).split('\n\n')
  expect(head).not.toContain('Bcc')
  expect(head.split('\n').every((line) => line.length <= 76 && /^[\x20-\x7e]*$/.test(line))).toBe(true)
  expect(Buffer.from(body, 'base64').toString()).toContain('Run: 7 (butcher run log 7)')
})

test('good news go to pings alone; others choose their events', () => {
  const desktop: Channel = { name: 'd', kind: 'desktop', events: ['late'] }
  expect(isWanted(desktop, notice)).toBe(false)
  expect(isWanted(desktop, { ...notice, event: 'late' })).toBe(true)
  expect(isWanted({ name: 'd', kind: 'desktop' }, { ...notice, event: 'succeeded' })).toBe(false)
  expect(isWanted({ name: 'p', kind: 'ping' }, { ...notice, event: 'succeeded' })).toBe(true)
})
