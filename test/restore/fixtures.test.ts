import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { rebuild, restore } from '../../src/index.ts'
import { rows } from '../support/rows.ts'
import { listTree } from '../support/list-tree.ts'
import { program } from '../support/tree.ts'

const reader = path.join(import.meta.dirname, '../independent-reader/read.py')
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'fixtures-'))
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

const kept = path.join(import.meta.dirname, '../fixtures')
const versions = fs.readdirSync(kept).filter((name) => /^v\d+$/.test(name))

test('there are fixtures', () => {
  expect(versions).toEqual(['v1', 'v2'])
})

/** Of five backups, 2 to 4 were forgotten. A prune dropped some chunks and rewrote others. */
describe.each(['plain', 'encrypted'])('the pruned set, %s', (set) => {
  const fixtures = path.join(kept, 'pruned')
  const folder = path.join(fixtures, set)
  const out = path.join(scratch, `pruned-${set}`)
  const passphraseFile = path.join(fixtures, 'passphrase.txt')
  const isPlain = set === 'plain'
  const secret = isPlain ? {} : { passphrase: fs.readFileSync(passphraseFile, 'utf8').trim() }
  const args = isPlain ? [] : ['--passphrase-file', passphraseFile]
  const expectBack = (number: number): void => {
    expect(`${listTree(out).join('\n')}\n`).toBe(
      fs.readFileSync(path.join(fixtures, `backup-${number}.jsonl`), 'utf8'),
    )
    fs.rmSync(out, { recursive: true })
  }

  test.each(rows([1, 5], [0]))('backup %s comes back, also from the chunks alone', async (number) => {
    await restore({ from: [folder], destination: out, at: String(number), ...secret })
    expectBack(number)
    program('python3', [reader, ...args, '--chunks-only', '--at', String(number), folder, out])
    expectBack(number)
    const catalog = path.join(scratch, `rebuilt-${set}-${number}`)
    const rebuilt = await rebuild({ from: [folder], catalog, ...secret })
    expect(rebuilt).toMatchObject({ complete: true, damaged: [] })
    await restore({ from: [folder], index: catalog, destination: out, at: String(number), ...secret })
    expectBack(number)
  })
})

for (const version of versions) {
  const fixtures = path.join(kept, version)
  const passphraseFile = path.join(fixtures, 'passphrase.txt')
  const privateKey = path.join(fixtures, 'key.sec')

  describe.each([
    { set: 'compressions', backups: [1, 2, 3, 4, 5], secrets: {}, args: [] },
    {
      set: 'passphrase',
      backups: [1, 2],
      secrets: { passphrase: fs.readFileSync(passphraseFile, 'utf8').trim() },
      args: ['--passphrase-file', passphraseFile],
    },
    { set: 'recipient', backups: [1], secrets: { privateKey }, args: ['--private-key', privateKey] },
  ])(`the set $set of format ${version}`, ({ set, backups, secrets, args }) => {
    const folder = path.join(fixtures, set)
    const expected = (number: number): string[] =>
      fs
        .readFileSync(path.join(fixtures, `backup-${number}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n')
    const out = (number: number): string => path.join(scratch, `${version}-${set}-${number}`)

    test.each(rows(backups, [backups.length - 1]))('backup %s comes back by butcher', async (number) => {
      const destination = out(number)
      const told: string[] = []
      const summary = await restore({
        from: [folder],
        destination,
        at: String(number),
        jobs: 1,
        ...secrets,
        report: (event) => event.type === 'warning' && told.push(event.message),
      })
      // Only root can give files to others.
      expect(process.getuid?.() === 0 ? told : []).toEqual([])
      expect(summary.failed).toBe(0)
      expect(listTree(destination)).toEqual(expected(number))
      fs.rmSync(destination, { recursive: true })
    })

    test.each(rows(backups, version === versions.at(-1) ? [backups.length - 1] : []))(
      'backup %s comes back by the independent reader',
      (number) => {
        const destination = out(number)
        program('python3', [reader, ...args, '--at', String(number), folder, destination])
        expect(listTree(destination)).toEqual(expected(number))
        fs.rmSync(destination, { recursive: true })
      },
    )
  })
}
