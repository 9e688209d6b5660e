import type { Reporter, TestModule } from 'vitest/node'
import { leftOut } from '../../vitest.config.ts'

/**
 * A vitest reporter that closes a run with one plain line, `12 passed, 0 failed`. Failed counts also what
 * kept tests from running: a file that does not load, an error outside of any test, a test that was skipped.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      if (module.errors().length > 0) failed++
      for (const test of module.children.allTests()) {
        if (test.result().state === 'passed') passed++
        else failed++
      }
    }
    if (failed > 0) process.exitCode = 1
    for (const file of leftOut) console.log(`needs root, and did not run: ${file}`)
    console.log(`${passed} passed, ${failed} failed`)
  }
}
