import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { differences, plantTree } from '../support/plant-tree.ts'
import { handPath, makeKey, runBash, shortFolder, stopAgent, type TestKey } from './hand-tools.ts'

/**
 * restore.sh under other shells, with other programs, under a user's settings, and with keys that do not
 * open.
 */

const base = shortFolder()
const bin = handPath(path.join(base, 'bin'), ['sqlite3'])
const source = path.join(base, 'source')
const passphrase = 'correct hörse'
let open: string
let locked: string

const tree = { 'a.txt': 'a\n'.repeat(5000), 'dir/b.txt': 'b\n', dir: { type: 'dir' } } as const

async function makeDisc(name: string, options: object): Promise<string> {
  const destination = path.join(base, name)
  await backup({ source, destination, medium: '2MB', jobs: 1, ...options })
  return path.join(destination, 'disc-0001')
}

beforeAll(async () => {
  plantTree(source, tree)
  open = await makeDisc('open', { compress: 'bz2' })
  locked = await makeDisc('locked', { compress: 'bz2', passphrase })
})
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

let targets = 0
const newTarget = (): string => path.join(base, `out-${++targets}`)
const scriptOf = (disc: string): string => path.join(disc, 'restore.sh')

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}
function run(command: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string): Ran {
  const [program, ...args] = command as [string, ...string[]]
  return spawnSync(program, args, { env: { PATH: bin, ...env }, input: input ?? '', encoding: 'utf8' })
}

describe('another shell', () => {
  const shells = [
    ['/usr/bin/dash'],
    ['/usr/bin/busybox', 'sh'],
    ['/bin/bash', '--posix'],
    ['/usr/bin/zsh'],
    ['/usr/bin/ksh'],
    ['/usr/bin/mksh'],
    ['/usr/bin/yash'],
  ].filter(([program]) => fs.existsSync(program as string))

  test.each(shells)('%s goes on under bash', (...shell) => {
    const target = newTarget()
    const env = { BUTCHER_PASSPHRASE: passphrase }
    const done = run([...shell.filter((word) => word !== undefined), scriptOf(locked), target], env)
    expect(done).toMatchObject({ status: 0 })
    expect(done.stderr).toMatch(/^done: 2 files, all checked$/m)
    expect(differences(source, target)).toBe('')
  })

  test('bash that is called sh', () => {
    fs.symlinkSync('/bin/bash', path.join(base, 'sh'))
    const target = newTarget()
    expect(run([path.join(base, 'sh'), scriptOf(open), target])).toMatchObject({ status: 0 })
    expect(differences(source, target)).toBe('')
  })

  test('without bash that is one plain line', () => {
    const few = path.join(base, 'few')
    fs.mkdirSync(few)
    const done = run(['/usr/bin/dash', scriptOf(open), newTarget()], { PATH: few })
    expect(done).toMatchObject({
      status: 1,
      stderr: 'restore.sh: the program bash is needed and not installed\n',
    })
  })

  test('words with blanks, wildcards and newlines arrive as they are', () => {
    const target = path.join(base, 'a b*\n$c')
    expect(run(['/usr/bin/dash', scriptOf(open), '--only', 'dir', target])).toMatchObject({ status: 0 })
    expect(fs.readFileSync(path.join(target, 'dir/b.txt'), 'utf8')).toBe('b\n')
  })

  test('a script that is no file says how to run it', () => {
    const text = fs.readFileSync(scriptOf(open), 'utf8')
    expect(run(['/bin/bash', '-s', 'target'], {}, text)).toMatchObject({
      status: 1,
      stderr: 'restore.sh: save this script as a file, and run: bash restore.sh\n',
    })
  })
})

describe('a user with settings', () => {
  const broken = path.join(base, 'broken.sh')
  const environment = {
    TAR_OPTIONS: '--exclude=*', GZIP: '-9', BZIP2: '-t', BZIP: '-t', LBZIP2: '-t', XZ_OPT: '-t', XZ_DEFAULTS: '-t',
    POSIXLY_CORRECT: '1', GREP_OPTIONS: '-v', LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8', LANGUAGE: 'de', CDPATH: '/:/usr',
    BASH_ENV: broken, ENV: broken, IFS: 'a', GLOBIGNORE: '*', BASHOPTS: 'failglob:nocasematch',
    SHELLOPTS: 'noglob:nounset:xtrace:braceexpand', PS4: '', TAPE: '/nowhere', SQLITE_HISTORY: '/nowhere',
    QUOTING_STYLE: 'shell-always', TIME_STYLE: 'full-iso', BLOCK_SIZE: '1K', TZ: 'Asia/Tokyo',
    'BASH_FUNC_tar%%': '() { false; }', 'BASH_FUNC_env%%': '() { false; }',
    'BASH_FUNC_sqlite3%%': '() { false; }',
    'BASH_FUNC_cp%%': '() { false; }', 'BASH_FUNC_command%%': '() { false; }',
  } // prettier-ignore

  test.each(['sqlite3', 'no sqlite3'])('restores the same (%s)', (way) => {
    fs.writeFileSync(broken, 'set -f; shopt -s failglob; alias cp=false; cp() { false; }; umask 0\n')
    const home = path.join(base, `home-${way}`)
    fs.mkdirSync(path.join(home, '.gnupg'), { recursive: true, mode: 0o700 })
    fs.writeFileSync(path.join(home, '.sqliterc'), '.mode box\n.headers on\nSELECT 1;\n')
    fs.writeFileSync(path.join(home, '.gnupg/gpg.conf'), 'list-only\nstatus-fd 2\noutput /nowhere/x\n')
    const env = { ...environment, HOME: home, BUTCHER_PASSPHRASE: passphrase }
    const target = newTarget()
    const options = way === 'sqlite3' ? [] : ['--no-sqlite']
    const done = run(['/bin/bash', scriptOf(locked), ...options, target], env)
    expect(done).toMatchObject({ status: 0, stdout: '' })
    expect(differences(source, target, way === 'sqlite3' ? '-rlptnc' : '-rlnc')).toBe('')
  })

  test("a function of the user's with the name of a builtin changes nothing", () => {
    const functions = ['exec', 'unset', 'echo', 'read', 'test', 'type', 'shopt', 'set', 'trap', 'cd']
    const env = Object.fromEntries(functions.map((name) => [`BASH_FUNC_${name}%%`, '() { false; }']))
    const target = newTarget()
    expect(run(['/bin/bash', scriptOf(open), target], env)).toMatchObject({ status: 0 })
    expect(differences(source, target)).toBe('')
  })

  test('neither variables nor the passphrase reach a program', () => {
    const folder = path.join(base, 'bin-spy')
    fs.cpSync(bin, folder, { recursive: true, verbatimSymlinks: true })
    fs.rmSync(path.join(folder, 'bzip2'))
    const seen = path.join(base, 'seen')
    fs.writeFileSync(
      path.join(folder, 'bzip2'),
      `#!/bin/bash -p\n/usr/bin/env >${seen}; tr '\\0' ' ' </proc/$PPID/cmdline >>${seen}; exec /bin/bzip2 "$@"\n`,
      { mode: 0o755 },
    )
    const env = { ...environment, PATH: folder, HOME: base, BUTCHER_PASSPHRASE: passphrase }
    expect(run(['/bin/bash', scriptOf(locked), newTarget()], env)).toMatchObject({ status: 0 })
    const said = fs.readFileSync(seen, 'utf8')
    expect(said).toContain('LC_ALL=C\n')
    expect(said).toContain(`HOME=${base}\n`)
    expect(said).not.toContain(passphrase)
    for (const name of Object.keys(environment).filter((one) => one !== 'LC_ALL')) {
      expect(said).not.toMatch(new RegExp(`^${name}=`, 'm'))
    }
  })
})

describe('other programs of the same name', () => {
  /** A PATH where `name` is a script, or a link. */
  function binWith(name: string, target: string, more: Readonly<Record<string, string>> = {}): string {
    const folder = path.join(base, `bin-${++targets}`)
    fs.cpSync(bin, folder, { recursive: true, verbatimSymlinks: true })
    for (const [as, text] of Object.entries({ [name]: target, ...more })) {
      fs.rmSync(path.join(folder, as), { force: true })
      if (text.startsWith('#!')) fs.writeFileSync(path.join(folder, as), text, { mode: 0o755 })
      else fs.symlinkSync(text, path.join(folder, as))
    }
    return folder
  }
  const says = (text: string): string => `#!/bin/bash\necho '${text}'\n`

  test.each([
    ['tar', '/usr/bin/bsdtar', /GNU tar 1\.29 or later is needed; this tar says: bsdtar/],
    ['tar', '/usr/bin/busybox', /GNU tar 1\.29 or later is needed; this tar says: .*/],
    [
      'tar',
      says('tar (GNU tar) 1.28'),
      /GNU tar 1\.29 or later is needed; this tar says: tar \(GNU tar\) 1\.28/,
    ],
    [
      'cp',
      '/usr/bin/busybox',
      /the program cp of GNU coreutils 8\.15 or later is needed; this one says: BusyBox/,
    ],
    ['stat', says('stat (GNU coreutils) 8.9'), /the program stat of GNU coreutils 8\.15 or later is needed/],
    ['gpg', says('gpg (GnuPG) 1.4.23'), /gpg 2\.0 or later is needed; this one says: gpg \(GnuPG\) 1\.4\.23/],
  ])('%s as %s: that is said, and the discs are not blamed', (name, program, message) => {
    const target = newTarget()
    const env = { PATH: binWith(name, program), BUTCHER_PASSPHRASE: passphrase }
    const done = run(['/bin/bash', scriptOf(locked), target], env)
    expect(done.status).toBe(1)
    expect(done.stderr).toMatch(message)
    expect(done.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(fs.existsSync(target)).toBe(false)
  })

  test('GNU tar is taken where it is called gtar', () => {
    const target = newTarget()
    const PATH = binWith('tar', '/usr/bin/bsdtar', { gtar: '/bin/tar' })
    expect(run(['/bin/bash', scriptOf(open), target], { PATH })).toMatchObject({ status: 0 })
    expect(differences(source, target)).toBe('')
  })

  test('with a sqlite3 that is too old it is done the plain way', () => {
    const target = newTarget()
    const PATH = binWith('sqlite3', says('3.7.17'))
    const done = run(['/bin/bash', scriptOf(open), target], { PATH })
    expect(done).toMatchObject({ status: 0 })
    expect(done.stderr).toContain('sqlite3 3.16 or later is needed; this one is 3.7.17\n')
    expect(differences(source, target, '-rlnc')).toBe('')
  })
})

describe('a secret key that does not open the set', () => {
  let key: TestKey
  let disc: string
  const gpg = (home: string, ...args: string[]): string => {
    const words = ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args]
    const done = spawnSync('gpg', words, { encoding: 'utf8' })
    expect(done).toMatchObject({ status: 0 })
    return done.stdout
  }
  const home = (name: string): string => {
    const folder = path.join(base, name)
    fs.mkdirSync(folder, { mode: 0o700 })
    return folder
  }
  const restore = (GNUPGHOME: string, target: string, ...options: string[]): Ran =>
    runBash(bin, [scriptOf(disc), ...options, target], { env: { GNUPGHOME, HOME: base } })

  beforeAll(async () => {
    key = makeKey(base, 'key phrase')
    disc = await makeDisc('keys', { recipients: [key.publicKey] })
  })
  afterAll(() => ['k', 'stub', 'none'].forEach((name) => stopAgent({ ...key, home: path.join(base, name) })))

  test('a locked one is told from a missing one', () => {
    stopAgent(key)
    const target = newTarget()
    const shut = restore(key.home, target)
    expect(shut.status).toBe(1)
    expect(shut.stderr).toMatch(
      /^restore\.sh: the secret key [0-9A-F]{16} is in gpg's keyring but locked, .* give it by --passphrase-file FILE\n$/,
    )
    expect(fs.existsSync(target)).toBe(false)

    const wrong = path.join(base, 'wrong')
    fs.writeFileSync(wrong, 'wrong\n')
    expect(restore(key.home, target, '--passphrase-file', wrong).stderr).toMatch(
      /^restore\.sh: wrong passphrase: it does not unlock the secret key [0-9A-F]{16}; nothing was written\n$/,
    )
    const right = path.join(base, 'right')
    fs.writeFileSync(right, 'key phrase\n')
    expect(restore(key.home, target, '--passphrase-file', right)).toMatchObject({ status: 0 })
    expect(differences(source, target)).toBe('')
  })

  test('a missing one, with and without a passphrase', () => {
    const empty = home('none')
    const missing =
      'restore.sh: gpg has no secret key that opens this set: import it with gpg --import, then run this again\n'
    expect(restore(empty, newTarget()).stderr).toBe(missing)
    gpg(empty, '--import', key.publicKey)
    expect(restore(empty, newTarget()).stderr).toBe(missing)
    expect(restore(empty, newTarget(), '--passphrase-file', path.join(base, 'right')).stderr).toBe(missing)
  })

  test('a stub', () => {
    const stub = path.join(base, 'stub')
    fs.cpSync(key.home, stub, { recursive: true, filter: (file) => !path.basename(file).startsWith('S.') })
    const listed = gpg(key.home, '--with-colons', '--with-keygrip', '--list-keys')
    const [, id, grip] = /^sub:(?:[^:]*:){3}([0-9A-F]{16}):[^]*^grp:+([0-9A-F]+):/m.exec(
      listed,
    ) as RegExpExecArray
    fs.rmSync(path.join(stub, 'private-keys-v1.d', `${grip}.key`))
    expect(restore(stub, newTarget()).stderr).toBe(
      `restore.sh: gpg knows the secret key ${id}, but has only a stub of it: ` +
        'import the whole key with gpg --import, then run this again\n',
    )
  })

  test('on a terminal the script asks for the passphrase of a locked key that gpg did not ask for', () => {
    fs.writeFileSync(path.join(key.home, 'gpg-agent.conf'), 'pinentry-program /bin/false\n')
    stopAgent(key)
    const target = newTarget()
    const task = {
      command: [path.join(bin, 'bash'), scriptOf(disc), target],
      env: { PATH: bin, GNUPGHOME: key.home },
      columns: 200,
      steps: [
        ['Passphrase of the secret key', 'wrong\n'],
        ['wrong passphrase, try again', 'key phrase\n'],
      ],
    }
    const terminal = new URL('../cli/on-terminal.py', import.meta.url).pathname
    const { stdout } = spawnSync('python3', [terminal], { input: JSON.stringify(task), encoding: 'utf8' })
    expect(JSON.parse(stdout)).toMatchObject({ status: 0 })
    expect(differences(source, target)).toBe('')
  })

  test("the user's gpg.conf may name the keyring, and may not change what gpg does", () => {
    fs.writeFileSync(path.join(key.home, 'gpg.conf'), 'list-only\noutput /nowhere/x\ndefault-key nobody\n')
    const target = newTarget()
    expect(restore(key.home, target, '--passphrase-file', path.join(base, 'right'))).toMatchObject({
      status: 0,
    })
    fs.rmSync(path.join(key.home, 'gpg.conf'))
    fs.renameSync(path.join(key.home, 'pubring.kbx'), path.join(base, 'own.kbx'))
    fs.writeFileSync(path.join(key.home, 'gpg.conf'), `keyring ${path.join(base, 'own.kbx')}\n`)
    const other = newTarget()
    expect(restore(key.home, other, '--passphrase-file', path.join(base, 'right'))).toMatchObject({
      status: 0,
    })
    expect(differences(source, other)).toBe('')
  })
})
