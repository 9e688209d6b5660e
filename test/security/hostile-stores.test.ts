/** A remote, and the locks in it, may hold anything. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesOf } from '../../src/store/rclone-files.ts'
import { showPlace } from '../../src/store/rclone-place.ts'
import { parseLock } from '../../src/store/lock-record.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { Store } from '../../src/store/store.ts'
import { takeStoreLock } from '../../src/store/store-lock.ts'
import { type S3Server, startS3 } from '../support/stores/s3-server.ts'

const good = { Path: 'chunks/00000001.tar', Size: 5, ModTime: '2026-01-01T00:00:00Z', IsDir: false }
const kept = { path: 'chunks/00000001.tar', bytes: 5, modified: new Date('2026-01-01T00:00:00Z') }

describe('a listing', () => {
  test.each([
    '../../etc/passwd',
    'chunks/../../x',
    '/etc/passwd',
    'chunks//x',
    'chunks/./x',
    'chunks/',
    '',
    'chunks/x\0',
    'chunks/x\n1',
    'chunks/\u001b[2J',
    'chunks/\u202egpj.tar',
    'chunks\\..\\x',
    'chunks/\ud800',
    `chunks/${'x'.repeat(300)}`,
    Array(600).fill('ab').join('/'),
    7,
    null,
    ['chunks/x'],
  ])('the name %j is left out', (name) => {
    expect(filesOf([{ ...good, Path: name }, good], '', true)).toEqual([kept])
  })

  test.each([-1, 1.5, NaN, 2 ** 53, 1e300, '5', null, undefined, { valueOf: 5 }])(
    'the size %j is left out',
    (size) => {
      expect(filesOf([{ ...good, Size: size }, good], '', true)).toEqual([kept])
    },
  )

  test.each(['yesterday', '', 7, null, '99999999-01-01'])('the time %j is unknown', (time) => {
    expect(filesOf([{ ...good, ModTime: time }], '', true)).toEqual([{ ...kept, modified: undefined }])
  })

  test('it is no list, has no objects, or lists another folder', () => {
    for (const items of [undefined, null, {}, 'x', [null, 7, 'x', []]])
      expect(filesOf(items, '', true)).toEqual([])
    expect(filesOf([good], 'parity', true)).toEqual([])
    expect(filesOf([good], 'chunk', true)).toEqual([])
    expect(filesOf([good], '', false)).toEqual([])
    expect(filesOf([good], 'chunks', false)).toEqual([kept])
  })
})

describe('a remote with hostile objects', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'hostile-stores-'))
  let s3: S3Server
  let store: Store
  beforeAll(async () => {
    s3 = await startS3()
    const put = (name: string, text: string): void =>
      void s3.objects.set(`bucket/set/${name}`, {
        bytes: Buffer.from(text),
        modified: new Date(),
        headers: {},
      })
    for (const name of [
      'good',
      '../outside',
      'a/../../outside',

      '.butcher/locks/x',
      '.butcher/locks/../../y',
    ])
      put(name, 'x')
    for (const [i, text] of ['', '[]', 'null', '{"pid":"x"}', '{'.repeat(100_000), '\u001b[2J'].entries())
      put(`.butcher/locks/${String(i).repeat(16)}.${i + 2}`, text)
    const options = `provider=Other,access_key_id=A,secret_access_key=B,endpoint="http://127.0.0.1:${s3.port}"`
    store = await openStore(`rclone::s3,${options}:bucket/set`)
  })
  afterAll(async () => {
    await store.close()
    await s3.close()
    fs.rmSync(root, { recursive: true })
  })

  test('lists only what is inside', async () => {
    const names = (await store.list('', { recursive: true })).map((file) => file.path)
    expect(names).toContain('good')
    expect(names.filter((name) => name.split('/').includes('..') || /\p{C}/u.test(name))).toEqual([])
  })

  test('locks that are garbage hold for a while, and their text reaches no terminal', async () => {
    await expect(takeStoreLock(store)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringMatching(/bucket\/set is in use by another run$/) as string,
    })
    expect([...s3.objects.keys()].filter((name) => name.startsWith('bucket/set/.butcher/new/'))).toEqual([])
  })

  test('gives no more bytes than were asked for', async () => {
    s3.objects.set('bucket/set/long', { bytes: Buffer.alloc(5_000_000), modified: new Date(), headers: {} })
    expect(Buffer.concat(await store.get('long', { length: 4096 }).toArray())).toHaveLength(4096)
  })
})

test('a lock with controls in its names is shown with them written out', () => {
  const record = parseLock(
    JSON.stringify({
      host: 'a\u001b[2J',
      pid: 1,
      processStart: '',
      processSpace: '',
      started: 's',
      refreshed: 'r',
    }),
  )
  expect(record?.host).toBe('a\u001b[2J')
  expect(parseLock('{"host":1,"pid":1}')).toBeUndefined()
  expect(
    parseLock('{"host":"a","pid":1.5,"processStart":"","processSpace":"","started":"","refreshed":""}'),
  ).toBeUndefined()
})

test.each([
  ['rclone::sftp,host=h,user=u,pass=SECRET:p', 'rclone::sftp,host=h,user=u,pass=***:p'],
  [
    'rclone::s3,access_key_id=ID,secret_access_key="SE,CR:ET":b',
    'rclone::s3,access_key_id=***,secret_access_key=***:b',
  ],
  ['rclone::drive,token={SECRET}:b', 'rclone::drive,token=***:b'],
  ['rclone:remote:pass=word', 'rclone:remote:pass=word'],
  ['/home/pass=word', '/home/pass=word'],
])('the place %s is shown as %s', (place, shown) => {
  expect(showPlace(place)).toBe(shown)
})
