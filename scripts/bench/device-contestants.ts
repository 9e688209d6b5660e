/** Cards on loop devices, beside the programs that copy devices. Only root has loop devices. */

import type { Contestant } from './contestants.ts'

const cardBytes = 1_610_612_736

/** A card of 1.6 GB with one ext4 file system, which holds the source. */
const makeCard = `test -f "$STATE/card" || {
  truncate -s ${cardBytes} "$STATE/card"
  mkfs.ext4 -q -d "$SRC" "$STATE/card"
}`

/** Attached for one script: a script that fails leaves no loop device. */
const attach = (file: string): string => `LOOP=$(losetup -f --show "${file}")
trap 'losetup -d "$LOOP"' EXIT
`
const attachCard = attach('$STATE/card')

const card = (contestant: Omit<Contestant, 'setUp' | 'run'> & { readonly run: string }): Contestant => ({
  ...contestant,
  setUp: makeCard,
  before: `rm -f "$DEST"/*\n${contestant.before ?? ''}`,
  run: attachCard + contestant.run,
})

const image = (ending: string, unpack: string): Contestant =>
  card({
    name: `butcher device backup to ${ending}`,
    run: `node "$BUTCHER" device backup "$LOOP" "$DEST/card${ending}" --quiet`,
    check: `${unpack} <"$DEST/card${ending}" | cmp - "$STATE/card"`,
  })

const through = (packer: string, unpack: string): Contestant =>
  card({
    name: `dd, ${packer}`,
    run: `dd if="$LOOP" bs=4M status=none | ${packer} >"$DEST/card"`,
    check: `${unpack} <"$DEST/card" | cmp - "$STATE/card"`,
  })

/** A second card, with old data everywhere, is written in each run. */
const makeTarget = `${makeCard}
bmaptool --quiet create -o "$STATE/card.bmap" "$STATE/card"
cat "$STATE/card" >"$STATE/full"`
const spoil = `tr '\\0' x <"$STATE/full" >"$STATE/target"`

const write = (name: string, run: string, check = `cmp "$STATE/full" "$STATE/target"`): Contestant => ({
  name,
  setUp: makeTarget,
  before: spoil,
  run: attach('$STATE/target') + run,
  check,
})

const mostStored = 100_000_000

/** Writes 60 MB of noise in 15 places, as files that were replaced. Each run has other places. */
const change = `n=$(cat "$STATE/turn" 2>/dev/null || echo 0)
echo $((n + 1)) >"$STATE/turn"
for ((i = 0; i < 15; i++)); do
  dd if=/dev/urandom of="$STATE/card" bs=1000000 count=4 seek=$((30 + 40 * i + 5 * n)) conv=notrunc status=none
done`
const storedBytes = `$(du -sb "$DEST" | cut -f1)`

export const device = {
  gzip: image('.img.gz', 'gzip -dc'),
  zstd: image('.img.zst', 'zstd -dc'),
  restore: write(
    'butcher device restore',
    `node "$BUTCHER" device restore "$STATE/full" "$LOOP" --erase "$LOOP:${cardBytes}" --quiet`,
  ),
  second: {
    name: 'butcher backup, 60 MB changed',
    setUp: `${makeCard}
${attachCard}
node "$BUTCHER" backup "$LOOP" "$DEST" --compress zstd --quiet`,
    before: change,
    run: `${attachCard}
before=${storedBytes}
node "$BUTCHER" backup "$LOOP" "$DEST" --compress zstd --quiet
((${storedBytes} - before <= ${mostStored}))`,
    check: `node "$BUTCHER" restore "$DEST" "$OUT" --quiet
cmp "$OUT"/* "$STATE/card"`,
  },
} satisfies Record<string, Contestant>

export const copies = {
  gzip: through('gzip -1', 'gzip -dc'),
  pigz: through('pigz -1', 'gzip -dc'),
  zstd: through('zstd -q -1', 'zstd -dc'),
  bmaptool: write(
    'bmaptool copy',
    `bmaptool --quiet copy --bmap "$STATE/card.bmap" "$STATE/full" "$LOOP"`,
    // It leaves old data in place of zeros: only the files are compared.
    `fsck.ext4 -fn "$STATE/target" >"$STATE/said"`,
  ),
  compare: write(
    'dd, cmp',
    `dd if="$STATE/full" of="$LOOP" bs=4M oflag=direct conv=fsync status=none
blockdev --flushbufs "$LOOP"
cmp "$STATE/full" "$LOOP"`,
  ),
  again: {
    ...through('zstd -q -1', 'zstd -dc'),
    before: `rm -f "$DEST"/*\n${change}`,
  },
} satisfies Record<string, Contestant>
