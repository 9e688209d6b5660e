/** Downloads of a running daemon, and attacks on them. */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDaemon } from '../daemon/running-daemon.ts'

const daemon = new RunningDaemon()
let port = 0
let admin = ''
let reader = ''

beforeAll(async () => {
  fs.mkdirSync(daemon.path('photos', 'صور'), { recursive: true })
  fs.mkdirSync(daemon.path('store'))
  fs.writeFileSync(daemon.path('photos', 'صور', 'one.txt'), 'one')
  fs.writeFileSync(daemon.path('photos', 'large.bin'), crypto.getRandomValues(new Uint8Array(60_000)))
  await daemon.start()
  await daemon.put('secrets/home', { value: 'a passphrase of the home' })
  await daemon.put('items/plain', { paths: [daemon.path('photos')] })
  await daemon.put('items/secret', { paths: [daemon.path('photos')], secret: 'home' })
  await daemon.put('stores/disk', { type: 'local', path: daemon.path('store') })
  for (const name of ['plain', 'secret']) {
    await daemon.put(`jobs/${name}`, { target_type: 'item', target_name: name, store_name: 'disk' })
    daemon.cli('job', 'run', '--quiet', name)
  }
  admin = daemon.cli('web', '--token', 'admin').trim()
  reader = daemon.cli('web', '--token', 'run').trim()
  const [line] = daemon.cli('web', '--json', '--no-open').split('\n')
  port = (JSON.parse(line as string) as { port: number }).port
})
afterAll(() => daemon.kill('SIGKILL'))

/** The bytes that came, and whether the end did. */
function download(
  route: string,
  token = admin,
): Promise<{
  status: number | undefined
  headers: http.IncomingHttpHeaders
  bytes: Buffer
  complete: boolean
}> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    const request = http.get(
      { host: '127.0.0.1', port, path: `/api/v1/${route}`, headers, agent: false },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', () => {})
        response.on('close', () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            bytes: Buffer.concat(pieces),
            complete: response.complete,
          }),
        )
      },
    )
    request.on('error', reject)
  })
}

test.each(['plain', 'secret'])(
  'a backup of the job %s comes as a zip file of the size that is told',
  async (job) => {
    const { body } = await daemon.get(`backups/${job}/1/zip/plan`)
    expect(body).toMatchObject({ files: 2, directories: 1, skipped: 0, missing_discs: [] })
    const { status, headers, bytes, complete } = await download(`backups/${job}/1/zip`)
    expect({ status, complete, length: bytes.length }).toEqual({
      status: 200,
      complete: true,
      length: body['zip_bytes'],
    })
    expect(headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${job}-1.zip"; filename*=UTF-8''${job}-1.zip`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    fs.writeFileSync(daemon.path('out.zip'), bytes)
    const { stdout } = spawnSync('unzip', ['-p', daemon.path('out.zip'), 'large.bin'], { maxBuffer: 1e7 })
    expect(stdout.equals(fs.readFileSync(daemon.path('photos', 'large.bin')))).toBe(true)
  },
)

test('contents need the scope admin; no path leads out of the backup; no answer holds the secret', async () => {
  expect((await download('backups/plain/1/zip', reader)).status).toBe(403)
  expect((await download('backups/plain/1/zip/plan', reader)).status).toBe(403)
  expect((await download('backups/plain/1/zip', 'butcher_x')).status).toBe(401)
  for (const wrong of [
    '../photos',
    '/etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    '%ff',
    '.',
    '..',
    'large.bin%2f..',
  ])
    expect({ wrong, status: (await download(`backups/plain/1/zip?path=${wrong}`)).status }).toMatchObject({
      wrong,
      status: expect.toBeOneOf([400, 404]),
    })
  expect((await download('backups/plain/99/zip')).status).toBe(400)
  expect((await download('backups/plain/x/zip')).status).toBe(400)
  expect((await download('backups/..%2fplain/1/zip')).status).toBe(404)
  const paths = Array.from({ length: 600 }, () => 'path=a').join('&')
  expect((await download(`backups/plain/1/zip?${paths}`)).status).toBe(400)
  const { status, bytes } = await download('backups/secret/1/zip?path=none')
  expect(status).toBe(404)
  expect(bytes.toString() + daemon.log).not.toContain('a passphrase of the home')
})

test('a damaged chunk ends the connection, and the log says why', async () => {
  const chunks = daemon.path('store', 'plain', 'disc-0001', 'chunks')
  for (const name of fs.readdirSync(chunks)) {
    const bytes = fs.readFileSync(path.join(chunks, name))
    fs.writeFileSync(path.join(chunks, name), bytes.fill(0, 200))
  }
  const { status, complete } = await download('backups/plain/1/zip')
  expect({ status, complete }).toEqual({ status: 200, complete: false })
  const { body } = await daemon.get('log')
  expect(JSON.stringify(body)).toContain('the download of backup 1 of plain failed')
  fs.renameSync(daemon.path('store', 'plain', 'disc-0001'), daemon.path('gone'))
  expect((await download('backups/plain/1/zip')).status).toBe(409)
})
