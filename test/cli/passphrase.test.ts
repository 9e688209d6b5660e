/** How a passphrase is asked for, and how often. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSet, type MadeSet } from '../support/make-set.ts'
import { sampleHistory } from '../support/sample-trees.ts'
import { cli, lastLine, onTerminal } from './cli.ts'

const passphrase = '0123'
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-cli-passphrase-'))
let encrypted: MadeSet
let from: string
let prompt: string

beforeAll(async () => {
  encrypted = await makeSet(path.join(folder, 'set'), { backups: sampleHistory.slice(0, 1), passphrase })
  from = encrypted.destination
  prompt = `Passphrase for ${from}: `
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

test('the question names the set, and shows nothing of the answer', async () => {
  const { output, status } = await onTerminal(['log', from], [[prompt, `${passphrase}\r`]])
  expect(status).toBe(0)
  expect(output).not.toContain(passphrase)
  expect(output).not.toContain('try again')
})

test('a wrong passphrase may be typed twice more', async () => {
  const { output, status } = await onTerminal(
    ['log', from],
    [
      [prompt, 'secret!\r'],
      ['Wrong passphrase, try again (2 left)', ''],
      [prompt, '\r'],
      ['The passphrase is empty, try again (1 left)', ''],
      [prompt, `${passphrase}\r`],
    ],
  )
  expect(status).toBe(0)
  expect(output).not.toContain('secret!')
})

test('after the third the command fails, and what is typed next does not reach the shell', async () => {
  const { output } = await onTerminal(
    ['log', from],
    [
      [prompt, 'one\r'],
      ['(2 left)', ''],
      [prompt, 'two\r'],
      ['(1 left)', ''],
      [prompt, 'three\rtyped ahead\r'],
    ],
    { next: 'echo "status $?"; read -t 1 line; echo "the shell got <$line>"' },
  )
  expect(output).toContain('error: wrong passphrase: it does not open')
  expect(output).toContain('status 12')
  expect(output).toContain('the shell got <>')
  for (const typed of ['one', 'two', 'three', 'ahead']) expect(output).not.toContain(typed)
})

test('a passphrase that an option gives has no second try', () => {
  const { status, stderr } = cli(['log', from, '--passphrase', 'another'])
  expect([status, lastLine(stderr)]).toEqual([12, expect.stringMatching(/^error: wrong passphrase/)])
})

test('takes back what was mistyped, and ends at Control-C and at a signal', async () => {
  const typed = await onTerminal(['log', from], [[prompt, `wrong\u001501\u00e4\u007f2x\b3\r`]])
  expect(typed.status).toBe(0)
  const stopped = await onTerminal(['log', from], [[prompt, 'abc\u0003']])
  expect(stopped).toMatchObject({ status: 130, output: `${prompt}\r\nerror: stopped\r\n` })
  const mark = path.join(folder, 'found-by-its-name')
  fs.symlinkSync(from, mark)
  const terminated = await onTerminal(
    ['log', mark],
    [[`Passphrase for ${mark}: `, '', `pkill -TERM -f 'log ${mark}$'`]],
  )
  expect(terminated).toMatchObject({ status: 130, output: `Passphrase for ${mark}: \r\nerror: stopped\r\n` })
})

test('Control-Z suspends the command with a terminal that echoes, and the question comes back', async () => {
  const { output, status } = await onTerminal(
    ['log', from],
    [
      [prompt, '01\u001a'],
      ['suspended 148', ''],
      [prompt, '2 x\u0017\u007f3\r'],
    ],
    { isJob: true, next: 'echo "suspended $?"; stty -a | grep -o "[- ]echo "; fg' },
  )
  expect(status).toBe(0)
  expect(output).toContain('\n echo ')
  expect(output).toContain('backup  date')
})

test('a command gives it, and may ask on the terminal itself', async () => {
  const { output, status } = await onTerminal(
    ['log', from, '--passphrase-command', 'printf "PIN? " >&2; read -r pin; echo "$pin"'],
    [['PIN? ', `${passphrase}\r`]],
  )
  expect(status).toBe(0)
  expect(output).not.toContain('Passphrase for')
  const failed = cli(['log', from, '--passphrase-command', 'exit 4'])
  expect([failed.status, failed.stderr]).toEqual([
    12,
    'error: the command of --passphrase-command failed: it ended with status 4\n',
  ])
})

describe('where a set begins', () => {
  const source = path.join(folder, 'source')
  const at = (name: string): string => path.join(folder, name)
  const catalogs = (name: string): string[] =>
    fs.existsSync(at(name)) ? fs.readdirSync(at(name)).filter((file) => file.startsWith('catalog')) : []
  const newPrompt = 'New passphrase (if you lose it, the backup is lost): '
  const question = 'Encrypt it with a passphrase? [Y/n] '
  beforeAll(() => {
    fs.mkdirSync(source)
    fs.writeFileSync(path.join(source, 'file'), 'content')
  })

  test('--encrypt asks twice, later once, without echo', async () => {
    const call = ['backup', '--encrypt', source, at('asked')]
    const first = await onTerminal(call, [
      [newPrompt, 'gehäim\r'],
      ['Repeat passphrase: ', 'gehäim\r'],
    ])
    expect(first.status).toBe(0)
    expect(first.output).not.toContain('geh')
    expect(first.output).toContain('encrypted with a passphrase: without it nothing can be restored')
    expect(catalogs('asked')).toEqual(['catalog.sqlite.bz2.gpg'])
    const asked = `Passphrase for ${at('asked')}: `
    for (const words of [call, ['backup', source, at('asked')]]) {
      const again = await onTerminal(words, [[asked, 'gehäim\r']])
      expect(again.status).toBe(0)
      expect(again.output).not.toContain('Repeat')
      expect(again.output).not.toContain('[Y/n]')
    }
    const wrong = await onTerminal(call, [
      [asked, 'geheim\r'],
      ['(2 left)', 'geheim\r'],
      ['(1 left)', 'geheim\r'],
    ])
    expect(wrong.status).toBe(12)
    expect(lastLine(wrong.output)).toMatch(/^error: wrong passphrase/)
  })

  test('two that differ, or empty ones, are refused before anything is written', async () => {
    const { output, status } = await onTerminal(
      ['backup', '--encrypt', source, at('refused')],
      [
        [newPrompt, 'one\rtwo\r'],
        ['The two passphrases differ, try again (2 left)', '\r'],
        ['The passphrase is empty, try again (1 left)', 'one\rtwo\r'],
      ],
    )
    expect(status).toBe(12)
    expect(lastLine(output)).toBe('error: the two passphrases differ')
    expect(fs.existsSync(at('refused'))).toBe(false)
  })

  test('a terminal asks for the decision: yes by default, or no', async () => {
    const yes = await onTerminal(
      ['backup', source, at('yes')],
      [
        [question, '\r'],
        [newPrompt, 'new\r'],
        ['Repeat passphrase: ', 'new\r'],
      ],
    )
    expect(yes.status).toBe(0)
    expect(catalogs('yes')).toEqual(['catalog.sqlite.bz2.gpg'])
    const no = await onTerminal(
      ['backup', source, at('no')],
      [
        [question, 'what?\r'],
        [question, 'n\r'],
      ],
    )
    expect(no.status).toBe(0)
    expect(no.output).toContain('not encrypted (--encrypt; cannot be changed later)')
    expect(catalogs('no')).toEqual(['catalog.sqlite'])
    const again = await onTerminal(['backup', source, at('no')])
    expect(again.status).toBe(0)
    for (const text of ['[Y/n]', 'not encrypted']) expect(again.output).not.toContain(text)
  })

  test('nobody is asked with --no-encrypt, for a dry run, with --json and --quiet, and without a terminal', async () => {
    const calls = [['--dry-run'], ['--no-encrypt'], ['--json'], ['--quiet']]
    for (const [number, options] of calls.entries()) {
      const { output, status } = await onTerminal(['backup', ...options, source, at(`silent-${number}`)])
      expect([options, status]).toEqual([options, 0])
      expect(output).not.toContain('[Y/n]')
      // Nor has it bars where a program reads, or nobody does.
      const isSilent = options[0] === '--json' || options[0] === '--quiet'
      expect([options, isSilent && output.includes('\u001b')]).toEqual([options, false])
    }
    const { status, stdout, stderr } = cli(['backup', source, at('piped')])
    expect([status, stderr]).toEqual([0, `created ${at('piped')}\n`])
    expect(stdout).toContain('not encrypted (--encrypt; cannot be changed later)')
  })

  test('a decision that the set has made already is refused before a question', async () => {
    const plain = await onTerminal(['backup', '--encrypt', source, at('piped')])
    expect(plain.status).toBe(12)
    expect(plain.output).toMatch(/^error: the set in .* is not encrypted and cannot become so/)
    const hidden = cli(['backup', '--no-encrypt', source, from])
    expect(hidden.status).toBe(12)
    expect(hidden.stderr).toMatch(/^error: the set in .* is encrypted and cannot become unencrypted/)
    const both = cli(['backup', '--no-encrypt', '--encrypt', source, from])
    expect([both.status, both.stderr]).toEqual([
      2,
      'error: --no-encrypt contradicts --encrypt (leave one of them out)\n',
    ])
    expect(cli(['backup', '--no-encrypt', source, at('piped')], { BUTCHER_PASSPHRASE: 'x' }).status).toBe(0)
  })

  test('a source that is not there is told before a question', async () => {
    const { output, status } = await onTerminal(['backup', at('nowhere'), at('unasked')])
    expect(status).toBe(1)
    expect(output).toMatch(/^error: cannot read the source/)
  })
})
