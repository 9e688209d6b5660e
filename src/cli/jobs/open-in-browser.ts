import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { runtimeFolder } from '../../jobs/places.ts'
import { programEnvironment } from '../../programs/environment.ts'
import { findProgram } from '../../programs/find-program.ts'

/**
 * Opens an address in the browser of the desktop, if there is one. Other users see the arguments of a
 * program, so the browser gets the name of a file that leads to the address.
 */
export function openInBrowser(url: string): boolean {
  const program = findProgram('xdg-open')
  const hasDesktop = process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined
  if (!hasDesktop || program === undefined) return false
  const file = path.join(runtimeFolder(), 'open.html')
  fs.rmSync(file, { force: true })
  fs.writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${url}">\n`, {
    mode: 0o600,
    flag: 'wx',
  })
  const child = spawn(program, [file], { stdio: 'ignore', detached: true, env: programEnvironment() })
  child.on('error', () => {})
  child.unref()
  return true
}
