import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { unitsOf } from '../../src/daemon/units.ts'
import { cli } from '../cli/cli.ts'

test('words of the command stand as systemd reads them', () => {
  const [{ text } = { text: '' }] = unitsOf({
    system: false,
    socket: false,
    command: ['/opt/my "node"/50%', '/home/a b/$HOME/butcher.js'],
    environment: { XDG_DATA_HOME: '/data/100% mine' },
  })
  expect(text).toContain('ExecStart="/opt/my \\"node\\"/50%%" "/home/a b/$$HOME/butcher.js" daemon\n')
  expect(text).toContain('Environment="XDG_DATA_HOME=/data/100%% mine"\n')
  expect(text).toContain('WantedBy=default.target\n')
})

test('the units of the machine', () => {
  const units = unitsOf({ system: true, socket: true, command: ['/usr/bin/butcher'] })
  expect(units.map(({ name }) => name)).toEqual(['butcher.socket', 'butcher.service'])
  expect(units[0]?.text).toContain('ListenStream=%t/butcher/daemon.sock\n')
  expect(units[1]?.text).toContain('ExecStart=/usr/bin/butcher daemon --system\n')
  expect(units[1]?.text).toContain('WantedBy=multi-user.target\n')
})

test('install writes them, says the commands, keeps units of others; uninstall removes them', () => {
  const config = fs.mkdtempSync(path.join(os.tmpdir(), 'units-'))
  const folder = path.join(config, 'systemd', 'user')
  const run = (...words: string[]) => cli(words, { XDG_CONFIG_HOME: config })
  expect(run('daemon', 'install', '--socket', '--print').stdout).toContain('# butcher.socket\n')
  expect(fs.existsSync(folder)).toBe(false)
  const installed = run('daemon', 'install', '--socket', '--json')
  expect(JSON.parse(installed.stdout)).toEqual({
    type: 'summary',
    files: ['butcher.socket', 'butcher.service'].map((name) => path.join(folder, name)),
    commands: [
      'systemctl --user daemon-reload',
      'systemctl --user enable --now butcher.socket butcher.service',
      'loginctl enable-linger',
    ],
  })
  expect(fs.readFileSync(path.join(folder, 'butcher.service'), 'utf8')).toContain(
    `Environment=XDG_CONFIG_HOME=${config}\n`,
  )
  expect(run('daemon', 'install').status).toBe(0)
  fs.mkdirSync(path.join(folder, 'default.target.wants'))
  fs.symlinkSync('../butcher.service', path.join(folder, 'default.target.wants', 'butcher.service'))
  expect(run('daemon', 'uninstall').stdout).toContain(
    'systemctl --user stop butcher.socket butcher.service\n',
  )
  expect(fs.readdirSync(folder, { recursive: true })).toEqual(['default.target.wants'])
  expect(run('daemon', 'uninstall').stdout).toBe('butcher wrote no unit here\n')
  fs.writeFileSync(path.join(folder, 'butcher.service'), '[Unit]\n')
  const refused = run('daemon', 'install')
  expect(refused.status).toBe(1)
  expect(refused.stderr).toContain('another unit is there')
  expect(run('daemon', 'uninstall').stdout).toBe('butcher wrote no unit here\n')
  expect(run('daemon', 'install', '--force').status).toBe(0)
})
