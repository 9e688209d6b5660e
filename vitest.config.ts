import os from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

// The tests start the program and its worker threads hundreds of times: compiled once, they start in half the
// time.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules/.cache/compile')

/**
 * Walks through whole lives, and through every kind of a thing, of up to two minutes each: `npm run test:long`
 * runs them, so that the default suite stays short.
 */
export const longTests = [
  'test/api/backups.test.ts',
  'test/api/zip.test.ts',
  'test/page/use-of-the-page.test.ts',
  'test/by-hand/fetched.test.ts',
  'test/by-hand/readme-commands.test.ts',
  'test/by-hand/restore-script.test.ts',
  'test/by-hand/script-modes.test.ts',
  'test/by-hand/script-surroundings.test.ts',
  'test/cli/next-step.test.ts',
  'test/cli/partition-mount.test.ts',
  'test/cli/passphrase.test.ts',
  'test/cli/reading.test.ts',
  'test/cli/stop-programs.test.ts',
  'test/commands/backup/backup-choice.test.ts',
  'test/commands/backup/backup-continue.test.ts',
  'test/commands/backup/backup-crash.test.ts',
  'test/commands/backup/backup-faults.test.ts',
  'test/commands/backup/backup-full.test.ts',
  'test/commands/backup/backup-history.test.ts',
  'test/commands/backup/backup-lost-source.test.ts',
  'test/commands/backup/backup-moving-source.test.ts',
  'test/commands/backup/backup-names.test.ts',
  'test/commands/backup/backup-passphrase.test.ts',
  'test/commands/backup/backup-refused.test.ts',
  'test/commands/backup/backup-secrets.test.ts',
  'test/commands/backup/backup-stop.test.ts',
  'test/commands/backup/crash-surroundings.test.ts',
  'test/set/disc-page.test.ts',
  'test/commands/backup/everything-a-file-is.test.ts',
  'test/commands/backup/kept-options.test.ts',
  'test/commands/backup/names-of-one-file.test.ts',
  'test/commands/backup/no-match.test.ts',
  'test/commands/backup/redundancy.test.ts',
  'test/commands/backup/replace-disc.test.ts',
  'test/commands/backup/sparse-files.test.ts',
  'test/commands/backup/whole-backup-counts.test.ts',
  'test/commands/burn/follow.test.ts',
  'test/commands/burn/good-copies.test.ts',
  'test/commands/mount/mount-damage.test.ts',
  'test/commands/mount/mount-places.test.ts',
  'test/commands/restore/restore-damage.test.ts',
  'test/commands/restore/restore-goes-on.test.ts',
  'test/commands/spare/spare.test.ts',
  'test/commands/retention/prune-crash.test.ts',
  'test/crypto/decrypt.test.ts',
  'test/crypto/key-in-a-pipe.test.ts',
  'test/crypto/key-kinds.test.ts',
  'test/docs/shell-blocks.test.ts',
  'test/image-bytes/random-access.test.ts',
  'test/image-bytes/saved-index.test.ts',
  'test/image-bytes/streams.test.ts',
  'test/partition/every-wrapping.test.ts',
  'test/remote/set-in-a-store.test.ts',
  'test/remote/store-faults.test.ts',
  'test/restore/damaged.test.ts',
  'test/set/branches.test.ts',
  'test/set/discs-without-small-files.test.ts',
  'test/properties/retention.test.ts',
  'test/by-hand/pruned.test.ts',
]

/**
 * Loop devices and mounts need root. As another user these files do not run, and the closing line says so.
 */
export const rootTests = [
  'test/cli/device-restore.test.ts',
  'test/commands/device/backup-device.test.ts',
  'test/commands/device/restore-device.test.ts',
  'test/commands/device/wrong-disk.test.ts',
]
export const leftOut = process.getuid?.() === 0 ? [] : rootTests

/** Files whose tables have more rows in `npm run test:long`: test/support/rows.ts. */
export const longTables = [
  'test/by-hand/document.test.ts',
  'test/cli/backup.test.ts',
  'test/cli/burn.test.ts',
  'test/cli/end-process.test.ts',
  'test/cli/jobs.test.ts',
  'test/cli/json-reference.test.ts',
  'test/cli/label.test.ts',
  'test/cli/restore-onto-device.test.ts',
  'test/cli/restore.test.ts',
  'test/cli/stop.test.ts',
  'test/cli/unmount.test.ts',
  'test/commands/backup/backup-copies.test.ts',
  'test/commands/backup/backup-keys.test.ts',
  'test/commands/backup/images.test.ts',
  'test/commands/backup/pieces.test.ts',
  'test/commands/backup/plan-jobs.test.ts',
  'test/commands/backup/raw-source.test.ts',
  'test/commands/backup/several-sources.test.ts',
  'test/commands/burn/burn.test.ts',
  'test/commands/burn/make-images.test.ts',
  'test/commands/burn/several-drives.test.ts',
  'test/commands/catalog/diff.test.ts',
  'test/commands/catalog/note-discs.test.ts',
  'test/commands/device/backup-device.test.ts',
  'test/commands/device/restore-device.test.ts',
  'test/commands/mount/mount.test.ts',
  'test/commands/partition/partition-mount.test.ts',
  'test/commands/rebuild/rebuild.test.ts',
  'test/commands/repair/repair.test.ts',
  'test/commands/restore/restore-faults.test.ts',
  'test/commands/restore/restore-names.test.ts',
  'test/commands/restore/restore.test.ts',
  'test/commands/retention/prune.test.ts',
  'test/commands/retention/rewrite-chunks.test.ts',
  'test/commands/verify/verify-flips.test.ts',
  'test/commands/verify/verify.test.ts',
  'test/compress/bzip2.test.ts',
  'test/compress/packed-segments.test.ts',
  'test/compress/skip-blocks.test.ts',
  'test/files/keep-owner.test.ts',
  'test/fuse/mount.test.ts',
  'test/library/aborted.test.ts',
  'test/library/wrong-values.test.ts',
  'test/pack/chunk-writer.test.ts',
  'test/pack/scheduler.test.ts',
  'test/properties/history.test.ts',
  'test/properties/retention.test.ts',
  'test/queue/queue.test.ts',
  'test/restore/chunk-start.test.ts',
  'test/restore/fixtures.test.ts',
  'test/restore/unsafe-catalog.test.ts',
  'test/security/checked-as-read.test.ts',
  'test/security/hostile-journal.test.ts',
  'test/security/hostile-names.test.ts',
  'test/security/hostile-pieces.test.ts',
  'test/security/web-guard.test.ts',
  'test/set/finish-set.test.ts',
  'test/set/odd-places.test.ts',
  'test/set/read-only.test.ts',
  'test/store/rclone-faults.test.ts',
]

/**
 * Files that replace modules, or measure the memory or the CPU time of their process: each has a process of
 * its own.
 */
const ownProcess = [
  'test/commands/backup/disc-room.test.ts',
  'test/set/finish-set.test.ts',
  'test/files/new-file.test.ts',
  'test/security/**/*.test.ts',
]

// npm run test:index, test:devices, test:page, test:week
const ownRuns = ['test/browser/**', 'test/device-rigs/**', 'test/page/screens.test.ts', 'test/page/week/**']

export default defineConfig({
  test: {
    setupFiles: ['test/support/own-temp.ts'],
    pool: 'forks',
    // One more than there are cores: a test often waits for the disk or for a program.
    maxWorkers: os.availableParallelism() + 1,
    // For what never ends: on a machine with ten other jobs a test may take minutes.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: [...ownRuns, ...longTests, ...leftOut, ...ownProcess],
          // A process for each file, with all modules loaded anew, takes 0.3 s of CPU time more.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'own', include: ownProcess } },
    ],
  },
})
