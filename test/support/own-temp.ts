/**
 * Each test file has a folder for temporary files of its own: what another one leaves there for a moment is
 * not seen.
 */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'

const outer = os.tmpdir()
const own = fs.mkdtempSync(path.join(outer, 'butcher-test-'))
// Some tests run butcher as another user.
fs.chmodSync(own, 0o1777)
process.env['TMPDIR'] = own

afterAll(() => {
  process.env['TMPDIR'] = outer
  fs.rmSync(own, { recursive: true, force: true, maxRetries: 3 })
})
