/** Partition images beside partclone, whose programs write to no pipe without a log. */

import type { Contestant } from './contestants.ts'

/** An ext4 partition with the source in it, and its image with CRC32 checksums. */
const makeImage = `bytes=$(du -sb "$SRC" | cut -f1)
truncate -s $(((bytes * 5 / 4 + 67108864) / 4096 * 4096)) "$STATE/raw"
mkfs.ext4 -q -d "$SRC" "$STATE/raw"
partclone.ext4 -c -s "$STATE/raw" -o "$STATE/image" -L "$STATE/log" >"$STATE/said" 2>&1`

export const randomReads = 100_000

/** The byte in the middle is one of a stored block. */
const finds = (check: string): string => `cp "$STATE/image" "$STATE/damaged"
printf X | dd of="$STATE/damaged" bs=1 seek=$(($(stat -c %s "$STATE/image") / 2)) conv=notrunc status=none
if ${check} "$STATE/damaged"; then exit 1; fi`

const chkimg = `partclone.chkimg -L "$STATE/log" -s`
const clear = `rm -f "$DEST/raw"`
const isRaw = `cmp "$DEST/raw" "$STATE/raw"`

export const partition = {
  check: {
    name: 'butcher partition check',
    setUp: makeImage,
    run: `node "$BUTCHER" partition check "$STATE/image" --quiet`,
    check: finds(`node "$BUTCHER" partition check --quiet`),
  },
  restore: {
    name: 'butcher partition restore',
    setUp: makeImage,
    before: clear,
    run: `node "$BUTCHER" partition restore "$STATE/image" "$DEST/raw" --quiet`,
    check: isRaw,
  },
} satisfies Record<string, Contestant>

const mountPoint = `mkdir -p "$STATE/mount"`
const mounted = (
  use: string,
): string => `node "$BUTCHER" partition mount "$STATE/image" "$STATE/mount" --quiet --log "$STATE/mount.log"
${use}
umount "$STATE/mount"`

/** The virtual partition of an image, read through its mount. */
export const partitionMount = {
  read: {
    name: 'butcher partition mount, dd',
    setUp: `${makeImage}\n${mountPoint}`,
    run: mounted(`dd if="$STATE/mount/image" of=/dev/null bs=1M status=none`),
    check: mounted(`cmp "$STATE/mount/image" "$STATE/raw"`),
  },
  random: {
    name: 'butcher partition mount, random',
    setUp: `${makeImage}\n${mountPoint}`,
    run: mounted(`node "$RANDOM_READS" "$STATE/mount/image" ${randomReads}`),
    check: ':',
  },
  open: {
    name: 'butcher partition mount, 2 TB',
    setUp: `node "$LARGE_IMAGE" "$STATE/image"\n${mountPoint}`,
    run: mounted(`head -c 4096 "$STATE/mount/image" >"$STATE/start"`),
    check: `(($(stat -c %s "$STATE/start") == 4096))`,
  },
} satisfies Record<string, Contestant>

export const partclone = {
  check: {
    name: 'partclone.chkimg',
    setUp: makeImage,
    run: `${chkimg} "$STATE/image" >"$STATE/said" 2>&1`,
    check: finds(`>"$STATE/said" 2>&1 ${chkimg}`),
  },
  restore: {
    name: 'partclone.restore',
    setUp: makeImage,
    before: clear,
    run: `partclone.restore -W -L "$STATE/log" -s "$STATE/image" -o "$DEST/raw" >"$STATE/said" 2>&1`,
    check: isRaw,
  },
} satisfies Record<string, Contestant>
