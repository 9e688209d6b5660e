import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findCommand } from '../../src/cli/command-list.ts'
import { commandPage } from '../../src/cli/command-page.ts'
import { commandHelp } from '../../src/cli/help-text.ts'
import { cli, lastLine, program } from './cli.ts'

let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-cli-usage-'))
})
afterAll(() => {
  fs.rmSync(folder, { recursive: true })
})

const commands = [
  'backup',
  'restore',
  'list',
  'find',
  'log',
  'diff',
  'discs',
  'iso',
  'burn',
  'spare',
  'recover',
  'doctor',
]

test('--version prints the version of package.json', () => {
  const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string }
  for (const word of ['--version', '-V']) {
    expect(cli([word])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  }
})

test('--help names every command, and exits with 0', () => {
  const { status, stdout } = cli(['--help'])
  expect(status).toBe(0)
  for (const name of commands) expect(stdout).toContain(`\n  ${name} `)
})

/** The help of a command, made in this process. */
async function helpOf(name: string): Promise<string> {
  const entry = findCommand(name)
  if (!entry) throw new Error(`there is no command ${name}`)
  return `${commandHelp(commandPage(entry, await entry.load()), 80)}\n`
}

test('--help of a command prints its help, and exits with 0', async () => {
  expect(cli(['restore', '--help'])).toEqual({ status: 0, stdout: await helpOf('restore'), stderr: '' })
})

test.each(commands)('the help of %s shows what it does, its options and examples', async (name) => {
  const help = await helpOf(name)
  expect(help).toContain(`butcher ${name}`)
  expect(help).toContain('Examples:')
  expect(help).toContain('--json')
})

test('no command is wrong usage, with the commands on stderr', () => {
  const { status, stdout, stderr } = cli([])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  for (const name of commands) expect(stderr).toContain(`  ${name}`)
  expect(lastLine(stderr)).toBe('error: no command given (butcher --help)')
})

test.each([
  ['ls', 'list'],
  ['list-files', 'list'],
  ['snapshots', 'log'],
  ['check', 'verify'],
])('%s is the same as %s', async (alias, name) => {
  expect(findCommand(alias)).toBe(findCommand(name))
  expect(await helpOf(name)).toContain(`butcher ${alias}`)
})

test('help of a command is the same in all ways to ask for it', async () => {
  const help = await helpOf('list')
  for (const call of [
    ['ls', '--help'],
    ['help', 'ls'],
    ['help', 'list'],
  ])
    expect(cli(call).stdout).toBe(help)
})

describe('wrong usage is told in one line on stderr, exit status 2:', () => {
  test.each([
    [['backup', '--exlude', 'x', 'a', 'b'], 'error: unknown option --exlude; did you mean --exclude?'],
    [['bakcup', 'a', 'b'], 'error: unknown command bakcup; did you mean backup?'],
    [['frobnicate'], 'error: unknown command frobnicate (butcher --help lists the commands)'],
    [['extract', 'a', 'b'], 'error: unknown command extract; did you mean restore?'],
    [['init', 'a'], 'error: unknown command init (the first butcher backup makes the set)'],
    [['toString'], /^error: unknown command toString/],
    [
      ['backup', 'a', 'b', '--encrypt'],
      /^error: --encrypt asks for the passphrase on a terminal, and there is none/,
    ],
    [['backup', 'a', 'b', '--chunk-size', '5q'], /^error: --chunk-size '5q' is not a size/],
    [
      ['backup', 'a', 'b', '--medium', 'bd52'],
      /^error: unknown medium 'bd52'; did you mean bd25\? \(choose one of cd, dvd, .*, or a size such as 650MB\)$/,
    ],
    [['backup', 'a', 'b', '--jobs', '0'], `error: --jobs '0' is not a whole number of 1 or more`],
  ] as [string[], string | RegExp][])('%j', (args, message) => {
    const { status, stdout, stderr } = cli(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(lastLine(stderr)).toMatch(message)
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
      _butcher; printf '%s\\n' "\${COMPREPLY[@]}"`
    const offered = execFileSync('bash', ['-c', `${script}\n${call}`], { encoding: 'utf8' })
    expect(offered).toBe('--exclude\n--exclude-from\n')
  })

  test('completes --name=value, as bash splits it and as other shells pass it', () => {
    expect(complete('backup', '--medium', '=', 'bd2')).toEqual(['bd25'])
    expect(complete('backup', '--medium', '=')).toContain('bd25')
    expect(complete('backup', '--medium=bd2')).toEqual(['--medium=bd25'])
  })

  test('gives the meaning of each word', () => {
    const { stdout } = cli(['--get-completions', 'butcher', 'log', '--js'])
    expect(stdout).toBe('--json\tprint JSON lines on stdout\n')
  })

  test('leaves files to the shell, and offers values after an option without one', () => {
    expect(complete('backup', '')).toEqual([''])
    expect(complete('restore', '--index', '')).toEqual([''])
    expect(complete('snap')).toEqual(['snapshots'])
    expect(complete('help', 'ver')).toEqual(['verify'])
  })

  test('prints a script for zsh and fish, and refuses others', () => {
    expect(cli(['completion', 'zsh']).stdout).toMatch(/^#compdef butcher/)
    expect(cli(['completion', 'fish']).stdout).toContain('complete -f -c butcher')
    expect(cli(['completion'], { SHELL: '/usr/bin/zsh' }).stdout).toMatch(/^#compdef butcher/)
    expect(cli(['completion', 'csh']).status).toBe(2)
  })
})

test('an old node is told which one is needed', () => {
  // A node of before 22.15 is not at hand everywhere: the file itself is run with another version in its
  // place.
  const text = fs.readFileSync('bin/butcher.js', 'utf8').replace('process.versions.node', `'12.22.9'`)
  const file = path.join(folder, 'butcher.cjs')
  fs.writeFileSync(file, text)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, '--version'], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toBe(
    'error: butcher needs Node.js 22.15 or newer, and this is 12.22.9 (install a newer one: https://nodejs.org)\n',
  )
})

test('every command takes the general options, and the help of an option is of the command', async () => {
  for (const command of ['log', 'list', 'find', 'diff', 'discs', 'label', 'index', 'doctor', 'verify', 'restore', 'iso']) {
    const help = await helpOf(command)
    for (const option of ['--json', '--quiet', '--no-progress']) expect([command, help]).toEqual([command, expect.stringContaining(option)])
  }
  expect(await helpOf('rebuild')).toMatch(/--overwrite +replace the catalog file if it is there/)
  expect(await helpOf('label')).toMatch(/--overwrite +replace label files that are there/)
  expect(await helpOf('restore')).not.toContain('stdio:')
  expect(await helpOf('discs')).not.toContain('damage costs')
}) // prettier-ignore
