import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, lastLine, program } from './cli.ts'

let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-cli-usage-'))
})
afterAll(() => {
  fs.rmSync(folder, { recursive: true })
})

const commands = ['backup', 'restore', 'list', 'find', 'log', 'diff', 'discs', 'doctor']

test('--version prints the version of package.json', () => {
  const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string }
  for (const word of ['--version', '-V']) {
    expect(cli([word])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  }
})

test('--help names every command, and exits with 0', () => {
  const { status, stdout } = cli(['--help'])
  expect(status).toBe(0)
  for (const name of commands) expect(stdout).toContain(`butcher ${name}`)
})

test.each(commands)('%s --help shows what it does, its options and examples', (name) => {
  const { status, stdout, stderr } = cli([name, '--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain(`butcher ${name}`)
  expect(stdout).toContain('Examples:')
  expect(stdout).toContain('--json')
})

test('no command is wrong usage, with the commands on stderr', () => {
  const { status, stdout, stderr } = cli([])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  for (const name of commands) expect(stderr).toContain(`  ${name}`)
  expect(lastLine(stderr)).toBe('error: no command given (butcher --help)')
})

describe('refused with the nearest word that is known, exit status 2:', () => {
  test.each([
    [['backup', '--exlude', 'x', 'a', 'b'], 'error: unknown option --exlude; did you mean --exclude?'],
    [['backup', '--pass=x', 'a', 'b'], 'error: unknown option --pass; did you mean --passphrase?'],
    [['backup', 'a', 'b', '-n'], 'error: unknown option -n (butcher backup --help lists them)'],
    [['list', '--medium', 'dvd', 'a'], 'error: list has no option --medium (butcher list --help lists them)'],
    [['bakcup', 'a', 'b'], 'error: unknown command bakcup; did you mean backup?'],
    [['rstore'], 'error: unknown command rstore; did you mean restore?'],
    [['frobnicate'], 'error: unknown command frobnicate (butcher --help lists the commands)'],
    [['backup', '--compress', 'zst', 'a', 'b'], /none of auto, .*; did you mean zstd\?$/],
    [['backup', '--medium', 'bd52', 'a', 'b'], /did you mean bd25\?$/],
  ] as [string[], string | RegExp][])('%j', (args, message) => {
    const { status, stdout, stderr } = cli(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(lastLine(stderr)).toMatch(message)
  })
})

describe('wrong values are told in one line, exit status 2:', () => {
  test.each([
    [['backup', 'a'], 'error: <dest> is missing: butcher backup <src> <dest> (butcher backup --help)'],
    [['restore', 'a'], 'error: <dest> is missing: butcher restore <from..> <dest> (butcher restore --help)'],
    [['log', 'a', 'b'], `error: 'b' is one word too many: butcher log <from> (butcher log --help)`],
    [['backup', '', 'b'], 'error: <src> is empty: butcher backup <src> <dest>'],
    [['backup', 'a', 'b', '--jobs', '0'], `error: --jobs '0' is no whole number from 1 on`],
    [['backup', 'a', 'b', '--jobs', '1.5'], `error: --jobs '1.5' is no whole number from 1 on`],
    [['backup', 'a', 'b', '--max-discs', '-1'], `error: --max-discs '-1' is no whole number from 1 on`],
    [['backup', 'a', 'b', '--max-discs', '1e3'], `error: --max-discs '1e3' is no whole number from 1 on`],
    [['backup', 'a', 'b', '--chunk-size', '5q'], /^error: --chunk-size '5q' is no size/],
    [['backup', 'a', 'b', '--medium', '0'], /^error: medium '0' is out of range/],
    [['backup', 'a', 'b', '--hash', 'md5'], `error: --hash 'md5' is none of sha256, sha512`],
    [['backup', 'a', 'b', '--name'], 'error: --name wants a value'],
    [['backup', 'a', 'b', '--exclude', '--full'], 'error: --exclude wants a value'],
    [['backup', 'a', 'b', '--index='], 'error: --index is empty'],
    [['backup', 'a', 'b', '--dry-run=yes'], 'error: --dry-run takes no value'],
    [['backup', 'a', 'b', '--passphrase='], 'error: the passphrase is empty'],
    [['backup', 'a', 'b', '--passphrase', 'x', '--passphrase-file', 'y'], /not both$/],
    [['backup', 'a', 'b', '--passphrase-file', '/nonexistent'], /\/nonexistent: no such file or directory$/],
    [
      ['backup', 'a', 'b', '--encrypt'],
      /^error: --encrypt asks for the passphrase on a terminal, and there is none/,
    ],
    [['find', 'a'], /^error: <pattern> is missing/],
  ] as [string[], string | RegExp][])('%j', (args, message) => {
    const { status, stdout, stderr } = cli(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    const line = stderr.split('\n').filter((text) => text.startsWith('error: ') || text.startsWith('{'))
    expect(line).toHaveLength(1)
    expect(lastLine(stderr)).toMatch(message)
  })

  test('a passphrase file whose first line is empty, or is no text', () => {
    const file = path.join(folder, 'passphrase')
    fs.writeFileSync(file, '\nsecond line\n')
    expect(lastLine(cli(['log', '--passphrase-file', file, 'x']).stderr)).toMatch(/first line .* is empty$/)
    fs.writeFileSync(file, Buffer.from([0xff, 0x0a]))
    expect(lastLine(cli(['log', '--passphrase-file', file, 'x']).stderr)).toMatch(/is not UTF-8$/)
  })

  test('an empty BUTCHER_PASSPHRASE', () => {
    expect(cli(['log', 'x'], { BUTCHER_PASSPHRASE: '' })).toMatchObject({
      status: 2,
      stderr: 'error: BUTCHER_PASSPHRASE is empty (unset it to work without a passphrase)\n',
    })
  })

  test('with --json as an object too', () => {
    const { status, stdout, stderr } = cli(['list', '--json', '--att', '3', 'x'])
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      type: 'error',
      code: 'usage',
      message: 'unknown option --att; did you mean --at?',
      hint: null,
    })
    expect(stderr).toBe('error: unknown option --att; did you mean --at?\n')
  })
})

describe('shell completion', () => {
  const complete = (...words: string[]): string[] =>
    cli(['--get-yargs-completions', 'butcher', ...words])
      .stdout.trim()
      .split('\n')

  test('knows commands, options and choices', () => {
    expect(complete('')).toEqual(expect.arrayContaining(commands))
    expect(complete('backup', '--ex')).toEqual(expect.arrayContaining(['--exclude', '--exclude-from']))
    expect(complete('list-files', '--')).not.toContain('--medium')
    expect(complete('backup', '--compress', '')).toEqual(expect.arrayContaining(['auto', 'zstd']))
  })

  test('in bash offers what fits the word', () => {
    const script = cli(['completion', 'bash']).stdout
    const call = `butcher() { '${program.join("' '")}' "$@"; }\nCOMP_WORDS=(butcher backup --exclu); COMP_CWORD=2
      _butcher_yargs_completions; printf '%s\\n' "\${COMPREPLY[@]}"`
    const offered = execFileSync('bash', ['-c', `${script}\n${call}`], { encoding: 'utf8' })
    expect(offered).toBe('--exclude\n--exclude-from\n')
  })

  test('prints a script for zsh and fish, and refuses others', () => {
    expect(cli(['completion', 'zsh']).stdout).toMatch(/^#compdef butcher/)
    expect(cli(['completion', 'fish']).stdout).toContain('complete -f -c butcher')
    expect(cli(['completion'], { SHELL: '/usr/bin/zsh' }).stdout).toMatch(/^#compdef butcher/)
    expect(cli(['completion', 'csh']).status).toBe(2)
  })
})

test('an old node is told which one is needed', () => {
  // A node of before 22.15 is not at hand everywhere: the file itself is run with another version in its place.
  const text = fs.readFileSync('bin/butcher.js', 'utf8').replace('process.versions.node', `'12.22.9'`)
  const file = path.join(folder, 'butcher.cjs')
  fs.writeFileSync(file, text)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, '--version'], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toBe(
    'error: butcher needs Node.js 22.15 or newer, and this is 12.22.9 (install a newer one: https://nodejs.org)\n',
  )
})
