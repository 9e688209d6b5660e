/**
 * What somebody without butcher has: a PATH of the few programs that a restore by hand may need, and nothing
 * else.
 */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** The programs of GNU coreutils 9.1, but for those that only show or change the system. */
const coreutils =
  `basename basenc base64 cat chgrp chmod chown cksum comm cp csplit cut date dd df dir dirname du echo env expand expr
  factor false fmt fold head id install join link ln ls md5sum mkdir mkfifo mknod mktemp mv nl nohup nproc numfmt od
  paste pathchk pr printf ptx pwd readlink realpath rm rmdir seq sha1sum sha256sum sha512sum shred shuf sleep sort
  split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink
  vdir wc whoami yes`.split(/\s+/)

/** The others, with the Debian package that has each. */
const others: Readonly<Record<string, string>> = {
  bash: 'bash',
  tar: 'tar',
  bzip2: 'bzip2',
  bzip2recover: 'bzip2',
  gpg: 'gpg',
  gzip: 'gzip',
  zstd: 'zstd',
  xz: 'xz-utils',
  sqlite3: 'sqlite3',
  par2: 'par2',
  grep: 'grep',
  setfattr: 'attr',
}

/** Variables that change what tar, bzip2, xz, gzip, zstd and bash do. */
export const harmful = {
  TAR_OPTIONS: '--exclude=*', TAPE: '/nowhere', BZIP: '-t', BZIP2: '-t', LBZIP2: '-t', GZIP: '-t', XZ_OPT: '-t',
  XZ_DEFAULTS: '-t', ZSTD_CLEVEL: '19', ZSTD_NBTHREADS: '1', POSIXLY_CORRECT: '1', CDPATH: '/usr', GLOBIGNORE: '*',
  LANG: 'C.UTF-8',
} // prettier-ignore

/** Startup files by which sqlite3 and gpg do not do what is expected. */
export function plantStartupFiles(home: string): void {
  fs.writeFileSync(path.join(home, '.sqliterc'), '.mode box\n.headers on\nSELECT 1;\n')
  fs.mkdirSync(path.join(home, '.gnupg'), { mode: 0o700 })
  fs.writeFileSync(path.join(home, '.gnupg/gpg.conf'), 'list-only\noutput /nowhere/x\n')
}

export type Extra = 'par2' | 'grep' | 'sqlite3' | 'setfattr' | 'gzip' | 'zstd' | 'xz'

/** Makes the folder for PATH: coreutils, bash, tar, bzip2, gpg, and the extras asked for. */
export function handPath(folder: string, extras: readonly Extra[] = []): string {
  fs.mkdirSync(folder, { recursive: true })
  const wanted = [...coreutils, 'bash', 'tar', 'bzip2', 'bzip2recover', 'gpg', ...extras]
  for (const program of wanted) {
    const found = ['/usr/bin', '/bin', '/usr/local/bin']
      .map((bin) => path.join(bin, program))
      .find((file) => fs.existsSync(file))
    if (found === undefined) {
      throw new Error(`${program} is not installed: apt-get install ${others[program] ?? 'coreutils'}`)
    }
    fs.symlinkSync(found, path.join(folder, program))
  }
  return folder
}

export interface HandRun {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs bash with PATH `bin` and nothing else in its environment but `env`, and nothing to read from. */
export function runBash(
  bin: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): HandRun {
  const run = spawnSync(path.join(bin, 'bash'), args, {
    env: { PATH: bin, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  if (run.error) throw run.error
  // tar warns of files whose time is still to come, or before 1970, as some of the tests' are.
  const stderr = run.stderr.replace(
    /^tar: .*: (time stamp .* in the future|implausibly old time stamp .*)\n/gm,
    '',
  )
  return { status: run.status, stdout: run.stdout, stderr }
}

/** A short folder: the sockets of gpg's agent must fit in 108 bytes. */
export const shortFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'bh-'))

export interface TestKey {
  /** GNUPGHOME with the secret key. */
  readonly home: string
  /** The public key as a file. */
  readonly publicKey: string
}

/** A key pair in a keyring of its own below `folder`; `stopAgent` it afterwards. */
export function makeKey(folder: string, passphrase = ''): TestKey {
  const home = path.join(folder, 'k')
  fs.mkdirSync(home, { mode: 0o700 })
  const gpg = (...args: string[]): void => {
    const run = spawnSync(
      'gpg',
      ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args],
      {
        encoding: 'utf8',
      },
    )
    if (run.status !== 0) throw new Error(`gpg: ${run.stderr}`)
  }
  const publicKey = path.join(folder, 'public.asc')
  gpg(
    '--passphrase',
    passphrase,
    '--quick-generate-key',
    'by-hand@example.org',
    'future-default',
    'default',
    'never',
  )
  gpg('--armor', '--output', publicKey, '--export', 'by-hand@example.org')
  return { home, publicKey }
}

export function stopAgent(key: TestKey): void {
  spawnSync('gpgconf', ['--homedir', key.home, '--kill', 'all'])
}
