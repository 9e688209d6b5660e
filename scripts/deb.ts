/**
 * Makes the Debian package: `npm run deb`, with `-- --arm64` for arm64. docs/debian.md says what is in it.
 * The program is the one file of `npm run onefile`, with its own Node.js. Node.js and the packages as files
 * take half as much again: 60.7 MB beside 41.6 MB by zstd -3.
 */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { scripts as completions } from '../src/cli/completion-scripts.ts'
import { serviceName, socketName, unitMark, unitsOf } from '../src/daemon/units.ts'
import { changelogText, controlText, copyrightText, type Origin } from './deb/texts.ts'
import { root } from './onefile/bundle.ts'

const { values } = parseArgs({ options: { arm64: { type: 'boolean' }, out: { type: 'string' } } })
const architecture = values.arm64 ? 'arm64' : 'amd64'
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  version: string
}
const origin: Origin = {
  version: `${version}-1`,
  architecture,
  maintainer: `${process.env['DEBFULLNAME'] ?? 'the butcher authors'} <${process.env['DEBEMAIL'] ?? 'butcher@users.noreply.github.com'}>`,
  date: execFileSync('git', ['log', '-1', '--format=%cD'], { cwd: root, encoding: 'utf8' }).trim(),
}
const parts = path.join(import.meta.dirname, 'deb')
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'butcher-deb-'))
const tree = path.join(work, 'tree')

try {
  const program = place('usr/bin/butcher', '', 0o755)
  run(
    process.execPath,
    path.join(root, 'scripts/onefile.ts'),
    '--out',
    program,
    ...(values.arm64 ? ['--arm64'] : []),
  )
  placeDocuments()
  placeUnits()
  place('usr/share/bash-completion/completions/butcher', completions['bash'] as string)
  place('usr/share/zsh/vendor-completions/_butcher', completions['zsh'] as string)
  place('usr/share/fish/vendor_completions.d/butcher.fish', completions['fish'] as string)
  place('etc/default/butcher', part('default'))
  placeControl()
  const out = path.resolve(
    values.out ?? path.join(root, 'dist', `butcher_${origin.version}_${architecture}.deb`),
  )
  fs.mkdirSync(path.dirname(out), { recursive: true })
  run('dpkg-deb', '-Zxz', '-z3', '--root-owner-group', '--build', tree, out)
  console.log(`${path.relative(process.cwd(), out)}: ${(fs.statSync(out).size / 1e6).toFixed(1)} MB`)
} finally {
  fs.rmSync(work, { recursive: true, force: true })
}

function placeDocuments(): void {
  for (const page of fs.readdirSync(path.join(root, 'man')))
    placeGzipped(`usr/share/man/man1/${page}.gz`, source(`man/${page}`))
  for (const page of fs.readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')))
    placeGzipped(`usr/share/doc/butcher/docs/${page}.gz`, source(`docs/${page}`))
  place('usr/share/doc/butcher/README.md', source('README.md'))
  placeGzipped('usr/share/doc/butcher/changelog.gz', source('CHANGELOG.md'))
  placeGzipped('usr/share/doc/butcher/changelog.Debian.gz', changelogText(origin))
  place('usr/share/lintian/overrides/butcher', part('lintian-overrides'))
  place('usr/share/doc/butcher/copyright', copyrightText(source('LICENSE'), licencesInside()))
}

/** The program lists them itself, of all that is in it. For arm64 the one of this machine says the same. */
function licencesInside(): string {
  const program = path.join(tree, 'usr/bin/butcher')
  if (!values.arm64) return run(program, 'licenses')
  const own = path.join(work, 'own')
  run(process.execPath, path.join(root, 'scripts/onefile.ts'), '--out', own)
  return run(own, 'licenses')
}

function placeUnits(): void {
  for (const [folder, system] of [
    ['usr/lib/systemd/system', true],
    ['usr/lib/systemd/user', false],
  ] as const) {
    const units = unitsOf({ system, socket: true, command: ['/usr/bin/butcher'] })
    for (const { name, text } of units) {
      const own = text.replace(`${unitMark}\n`, '')
      // The socket is a choice of the administrator: systemd gives it to the service if it is enabled.
      const free = own.replace(`Requires=${socketName}\nAfter=${socketName}\n`, '')
      const set = free.replace('ExecStart=', 'EnvironmentFile=-/etc/default/butcher\nExecStart=')
      place(`${folder}/${name}`, name === serviceName ? set : free)
    }
  }
}

function placeControl(): void {
  const files = fs
    .readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.relative(tree, path.join(parentPath, name)))
    .toSorted()
  const bytes = files.reduce((sum, name) => sum + fs.statSync(path.join(tree, name)).size, 0)
  place('DEBIAN/control', controlText(origin, Math.ceil(bytes / 1024)))
  place('DEBIAN/conffiles', '/etc/default/butcher\n')
  const sums = files
    .filter((name) => !name.startsWith('etc/'))
    .map((name) => execFileSync('md5sum', [name], { cwd: tree, encoding: 'utf8' }))
  place('DEBIAN/md5sums', sums.join(''))
  for (const name of ['postinst', 'prerm', 'postrm']) place(`DEBIAN/${name}`, part(name), 0o755)
}

function place(name: string, data: string | Uint8Array, mode = 0o644): string {
  const file = path.join(tree, name)
  for (let folder = path.dirname(file), made: string[] = []; ; folder = path.dirname(folder)) {
    made.push(folder)
    if (folder !== work) continue
    // A package has folders of mode 0755, whatever the umask.
    for (const one of made.toReversed()) if (!fs.existsSync(one)) fs.mkdirSync(one)
    for (const one of made) if (one !== work) fs.chmodSync(one, 0o755)
    break
  }
  fs.writeFileSync(file, data)
  fs.chmodSync(file, mode)
  return file
}

function placeGzipped(name: string, text: string): void {
  place(name, gzipSync(text, { level: 9 }))
}

function source(name: string): string {
  return fs.readFileSync(path.join(root, name), 'utf8')
}

function part(name: string): string {
  return fs.readFileSync(path.join(parts, name), 'utf8')
}

function run(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
