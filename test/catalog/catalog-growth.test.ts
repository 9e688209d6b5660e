import { expect, test } from 'vitest'
import { catalogSizes } from '../../scripts/catalog-growth.ts'

test('a file costs a catalog some 140 bytes, 66 packed; ten backups cost what changed', async () => {
  const sizes = []
  for await (const size of catalogSizes(5000, 10, 0.01)) sizes.push(size)
  const [first, last] = sizes as [(typeof sizes)[0], (typeof sizes)[0]]
  expect(first.entries).toBe(5000)
  expect(last.entries - first.entries).toBeGreaterThan(350)
  expect(last.entries - first.entries).toBeLessThan(550)
  for (const { entries, plainBytes, packedBytes } of sizes) {
    // The tables that are always there are 100 kB.
    expect((plainBytes - 100_000) / entries).toBeLessThan(140)
    expect(packedBytes / entries).toBeLessThan(70)
  }
  expect(last.plainBytes / first.plainBytes).toBeLessThan((1.05 * last.entries) / first.entries)
})
