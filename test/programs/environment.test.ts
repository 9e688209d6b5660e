import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { compressor, segmentBytes } from '../../src/compress/compress.ts'
import { decompress } from '../../src/compress/decompress.ts'
import { programEnvironment } from '../../src/programs/environment.ts'
import { findProgram } from '../../src/programs/find-program.ts'
import { runFilter } from '../../src/programs/run-filter.ts'

/** Variables that change what tar, bzip2, lbzip2, xz, gzip, zstd, bash, sqlite3, par2 or xorriso do. */
const harmful = {
  TAR_OPTIONS: '--wrong', GZIP: '--wrong', BZIP2: '--wrong', BZIP: '--wrong', LBZIP2: '--wrong',
  XZ_OPT: '--wrong', XZ_DEFAULTS: '--wrong', ZSTD_CLEVEL: '1', ZSTD_NBTHREADS: '1', POSIXLY_CORRECT: '1',
  GREP_OPTIONS: '--wrong', LANG: 'de_DE.UTF-8', LANGUAGE: 'de', LC_MESSAGES: 'de_DE.UTF-8', CDPATH: '/',
  BASH_ENV: '/nowhere', ENV: '/nowhere', IFS: 'x', GLOBIGNORE: '*', SQLITE_HISTORY: '/nowhere',
  MKISOFSRC: '/nowhere', SOURCE_DATE_EPOCH: '1', OMP_NUM_THREADS: '1', XDG_CONFIG_HOME: '/nowhere',
  'BASH_FUNC_tar%%': '() { false; }', BUTCHER_PASSPHRASE: 'secret',
} // prettier-ignore

const before = { ...process.env }
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
})

test('no variable that changes a program reaches it, and no secret', async () => {
  Object.assign(process.env, harmful, { LC_ALL: 'de_DE.UTF-8', TZ: 'Asia/Tokyo' })
  const said = (await runFilter(findProgram('env') as string, [], Buffer.alloc(0))).toString()
  for (const name of Object.keys(harmful)) expect(said).not.toContain(`${name}=`)
  expect(said).toContain('LC_ALL=C.UTF-8\n')
  expect(said).toContain('TZ=UTC\n')
})

test('gpg finds its keyring, its agent and the terminal', () => {
  const wanted = {
    GNUPGHOME: '/keys', GPG_TTY: '/dev/pts/1', GPG_AGENT_INFO: '/agent', XDG_RUNTIME_DIR: '/run/user/1',
    DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/bus', HOME: '/me',
    TMPDIR: '/room',
  } // prettier-ignore
  Object.assign(process.env, wanted)
  expect(programEnvironment()).toMatchObject({ ...wanted, PATH: before['PATH'] })
})

test.each(['bz2', 'xz'] as const)('%s is the same under variables for its program', async (kind) => {
  const data = Buffer.from('some text '.repeat(segmentBytes / 100))
  Object.assign(process.env, harmful)
  const made = compressor(kind, 1)
  try {
    const packed: Uint8Array[] = [await made.compress(data)]
    const stream = made.stream(1, (piece) => void packed.push(Buffer.from(piece)))
    stream.write(data)
    await stream.flush()
    const back: Uint8Array[] = []
    for await (const piece of decompress(asStream(packed), kind)) back.push(Buffer.from(piece))
    expect(Buffer.concat(back).equals(Buffer.concat([data, data]))).toBe(true)
  } finally {
    await made.close()
  }
})

async function* asStream(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

test('a relative folder on the PATH is found from every working folder', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'programs-'))
  try {
    fs.writeFileSync(path.join(folder, 'one'), '#!/bin/sh\necho here\n', { mode: 0o755 })
    process.env['PATH'] = path.relative(process.cwd(), folder)
    const found = findProgram('one') as string
    expect(found).toBe(path.join(folder, 'one'))
    expect(execFileSync(found, { cwd: '/', encoding: 'utf8' })).toBe('here\n')
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
