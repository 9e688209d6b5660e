/** Mounts the memory tree on its argument, for tests that do it as another user or kill the server. */

import { mountTree } from '../../src/fuse/mount.ts'

const [folder = '', other] = process.argv.slice(2)
const bytes = 3_000_000
try {
  const { unmount, done } = await mountTree({
    folder,
    source: 'memory, a tree',
    allowOther: other === 'other',
    tree: { program: new URL('./memory-tree.ts', import.meta.url), data: { many: 3000, bytes } },
    content: [{ program: new URL('./slow-content.ts', import.meta.url), data: { bytes } }],
  })
  process.once('SIGTERM', () => void unmount())
  console.log('mounted')
  await done
  console.log('unmounted')
} catch (error) {
  console.log(`failed: ${(error as Error).message}`)
}
