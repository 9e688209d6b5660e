import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { makeSet } from '../support/make-set.ts'
import { cli, cliJson, lastLine } from './cli.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'index-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
const file = (name: string): string => path.join(folder, name)
const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(2)>.txt'

/** What the page carries. */
function dataOf(page: string): string {
  const packed = /<script type="text\/plain" id="data">([A-Za-z0-9+/=]*)<\/script>/.exec(page)?.[1] as string
  return gunzipSync(Buffer.from(packed, 'base64')).toString('utf8')
}

test('a page of an encrypted set, in clear, with no name as markup and a policy that lets nothing in', async () => {
  const tree = { 'dir': { type: 'dir' }, 'dir/a.txt': 'aaa', [`dir/${hostile.replaceAll('/', '_')}`]: 'x'.repeat(2500), 'dir/\udcff': 'y', 'l': { type: 'symlink', link: 'dir/a.txt' } } as const
  const set = await makeSet(file('set'), { backups: [{ name: '<b>', tree }], passphrase: 'hidden' })
  const call = ['index', set.destination, file('page.html'), '--passphrase', 'hidden']
  const { stdout, stderr, status } = cli(call)
  expect({ stdout, stderr, status }).toEqual({ stdout: expect.stringMatching(/page\.html: \d.* kB, 5 entries of 1 backup/), stderr: '', status: 0 })
  const page = fs.readFileSync(file('page.html'), 'latin1')
  expect(page.match(/[^\t\n\r -~]/)).toBeNull()
  expect(page.match(/<script/g)).toHaveLength(2)
  expect(page).not.toContain('onerror')
  expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; base-uri 'none'; form-action 'none'"/)
  expect(page.replace(/<script type="text\/plain"[\s\S]*?<\/script>/, '')).not.toMatch(/https?:|src=|@import|url\(/)
  const data = dataOf(page)
  for (const part of ['a.txt', 'onerror', '\\udcff', '"1,2"', 'BUTCHER_00112233_0002']) expect(data).toContain(part)
  expect([cli(call).status, lastLine(cli(call).stderr)]).toEqual([1, expect.stringContaining('--overwrite')])
  expect(cliJson([...call, '--overwrite'])).toMatchObject([{ type: 'summary', entries: 5, bytes: page.length }])
  const onDisc = path.join(set.discs[0] as string, 'index.html')
  expect(lastLine(cli(['index', set.destination, onDisc, '--passphrase', 'hidden']).stderr)).toMatch(/stays as it is/)
  expect(fs.readdirSync(folder).filter((name) => name.includes('part'))).toEqual([])
}) // prettier-ignore
