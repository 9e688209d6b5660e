import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { changeSet } from '../../src/set/change-set.ts'
import { discs } from '../../src/commands/catalog/discs.ts'
import { follow } from '../../src/commands/burn/follow.ts'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { noise } from '../support/sample-trees.ts'
import { putBetween } from '../support/xorriso-between.ts'
import { cli, cliJson, lastLine, onTerminal, program } from './cli.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

const source = path.join(scratch, 'source')
const base = path.join(scratch, 'base')
let folder: string
let destination: string
let turn = 0

/** Two discs, the second with room left. */
beforeAll(async () => {
  fs.mkdirSync(source)
  for (const [i, name] of ['a', 'b', 'c'].entries())
    fs.writeFileSync(path.join(source, name), noise(1_000_000, i))
  await runBackup({ source, destination: base, medium: '2500kB', chunkSizeBytes: 900_000 })
})

beforeEach(() => {
  folder = path.join(scratch, String(++turn))
  destination = path.join(folder, 'destination')
  fs.cpSync(base, destination, { recursive: true, preserveTimestamps: true })
})

const file = (name: string): string => path.join(folder, name)
const states = (): Promise<string[]> =>
  changeSet({ destination }, ({ set }) => discs(set.db).map(({ state }) => state))

longTest('with --json each copy is an object, and the summary counts', async () => {
  const device = `stdio:${file('%d.iso')}`
  const dry = cliJson(['burn', destination, '--device', device, '--dry-run', '--copies', '2'])
  expect(dry).toMatchObject([
    { type: 'summary', dry_run: true, discs: [{ disc: 1, copies: 2, from: 'folder' }, { disc: 2, copies: 2 }] },
  ])
  expect(await states()).toEqual(['sealed', 'open'])
  const lines = cliJson(['burn', destination, '--device', device]).filter(({ type }) => type !== 'progress')
  expect(lines).toMatchObject([
    { type: 'copy', disc: 1, copy: 1, device: `stdio:${file('1.iso')}`, verified: true, bytes: expect.any(Number) as number },
    { type: 'copy', disc: 2, copy: 1, verified: true },
    { type: 'summary', discs: [1, 2], copies: 2, verified: 2, spoilt: 0, removed: [], seconds: expect.any(Number) as number },
  ])
  expect(await states()).toEqual(['verified', 'verified'])
  expect(cli(['burn', destination, '--device', device]).stdout).toBe('nothing to burn: every disc here has its copies\n')
}) // prettier-ignore

test('wrong usage is told before anything is done', () => {
  for (const words of [['--medium', 'cd'], ['--follow', source, '1']])
    expect([words, cli(['burn', destination, '--device', `stdio:${file('x')}`, ...words]).status]).toEqual([words, 2])
  expect(fs.readdirSync(folder)).toEqual(['destination'])
}) // prettier-ignore

test('the terminal asks for the next blank by disc and copy, and before anything is erased', async () => {
  fs.writeFileSync(file('drive'), 'something else')
  const { output, status } = await onTerminal(
    ['burn', destination, '--device', `stdio:${file('drive')}`, '--no-progress'],
    [
      ['type yes to erase', 'no\r'],
      ['a blank of', '\r'],
      ['type yes to erase', 'yes\r'],
      ['for disc 2 (BUTCHER_', '\r', `mv ${file('drive')} ${file('first')}`],
    ],
  )
  expect(output).toContain('the disc in it is not blank')
  expect(output).toMatch(/needed in stdio:\S+: a blank of \S+ MB for disc 1 \(BUTCHER_\w+_0001\), copy 1/)
  expect(lastLine(output)).toMatch(/^burned and verified: 2 copies of 2 discs/)
  expect(status).toBe(0)
  expect(fs.statSync(file('first')).size).toBeGreaterThan(1e6)
})

test('Control-C in the middle of a burn: it is told that the copy is lost, and nothing is recorded', async () => {
  const between = putBetween(
    file('between'),
    `if [[ "$*" == *cdrecord* ]]; then
       for arg; do [[ "$arg" != dev=stdio:* ]] || head -c 200000 >"\${arg#dev=stdio:}"; done
       trap 'exit 5' TERM
       touch "$here/burning"; sleep 30 >/dev/null 2>&1 & wait
     fi
     real "$@"`,
  )
  const [command, ...words] = program as [string, ...string[]]
  const child = spawn(command, [...words, 'burn', destination, '1', '--device', `stdio:${file('1.iso')}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  between.remove()
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (told += text))
  while (!fs.existsSync(file('between/burning'))) await new Promise((resolve) => setTimeout(resolve, 50))
  child.kill('SIGINT')
  const [status] = (await once(child, 'close')) as [number]
  expect(status).toBe(130)
  expect(told).toContain('warning: stopped in the middle of burning disc 1, copy 1\n')
  expect(lastLine(told)).toBe('error: stopped; run the same command again to continue')
  expect(await states()).toEqual(['sealed', 'open'])
  expect(fs.statSync(file('1.iso')).size).toBe(0)
})

test('--follow: a source of several discs goes through the room of one, also after a stop', async () => {
  const dest = file('following')
  const staged = (): number => fs.readdirSync(dest).filter((name) => name.startsWith('disc-')).length
  let most = 0
  const report = (): void => void (most = Math.max(most, staged()))
  const stop = new AbortController()
  const run = (signal?: AbortSignal) =>
    follow({
      backup: { source, destination: dest, medium: '2500kB', chunkSizeBytes: 500_000, jobs: 1, report, ...(signal ? { signal } : {}) },
      burn: { destination: dest, device: `stdio:${file('%d.iso')}`, report, ...(signal ? { signal } : {}), onCopy: () => stop.abort(new Error('stopped')) },
    })
  await expect(run(stop.signal)).rejects.toThrow('stopped')
  const { discs: burned, removed, backup } = await run()
  expect([burned.length >= 1, removed.at(-1), backup, most, staged()]).toEqual([true, 2, 1, 1, 0])
  expect(fs.readdirSync(folder).filter((name) => name.endsWith('.iso')).sort()).toEqual(['1.iso', '2.iso'])
  const [done] = cliJson(['burn', dest, '--follow', source, '--device', `stdio:${file('%d.iso')}`, '--medium', '2500kB']).slice(-1)
  expect(done).toMatchObject({ type: 'summary', copies: 0, source_warnings: 0 })
}) // prettier-ignore

longTest('backup --burn does the same, and its options of burn go with it alone', () => {
  const dest = file('as-you-go')
  const into = `stdio:${file('go-%d.iso')}`
  const call = ['backup', source, dest, '--burn', '--device', into, '--medium', '2500kB']
  const rows = cliJson(call)
  expect(rows.at(-1)).toMatchObject({
    type: 'summary',
    backup: 1,
    discs: [1, 2],
    copies: 2,
    removed: [1, 2],
  })
  expect(fs.readdirSync(dest).filter((name) => name.startsWith('disc-'))).toEqual([])
  for (const disc of [1, 2]) expect(fs.existsSync(file(`go-${disc}.iso`))).toBe(true)
  const refused = (...args: string[]): unknown => {
    const { status, stderr } = cli(['backup', source, file('never'), ...args])
    return [status, stderr]
  }
  expect(refused('--copies', '2')).toEqual([2, 'error: --copies needs --burn\n'])
  expect(refused('--burn', '--dry-run')).toEqual([2, 'error: --burn cannot be used with --dry-run\n'])
  expect(refused('--burn', '--max-discs', '2')).toEqual([
    2,
    'error: --burn cannot be used with --max-discs\n',
  ])
})
