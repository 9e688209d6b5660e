#!/usr/bin/env bash
# npm run test:card: the life of an SD card, as docs/devices.md describes it, on loop devices. It lists, makes
# images and a set, meets bad sectors, and restores to a larger and a smaller card, from discs and by hand.
# It needs root, and about 1 GB below ${TMPDIR:-/tmp}.
set -euo pipefail
cd "$(dirname "$0")/.."
if ((EUID != 0)); then
  echo 'loop devices need root' >&2
  exit 1
fi
export PATH=$PATH:/usr/sbin:/sbin
scripts/system-packages.sh nbdkit:nbdkit nbdfuse:libnbd-bin sfdisk:fdisk mke2fs:e2fsprogs mkfs.vfat:dosfstools \
  zstd:zstd gzip:gzip sqlite3:sqlite3 cmp:diffutils fusermount3:fuse3
. scripts/install.sh
npm run --silent build

root=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-card.XXXXXX")
loops=()
server=
clean() {
  umount mounted 2>/dev/null || true
  for loop in "${loops[@]}"; do losetup --detach "$loop" 2>/dev/null || true; done
  fusermount3 -u -z fuse 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean EXIT
butcher() { node "$root/bin/butcher.js" "$@"; }
say() { printf '\n--- %s\n' "$*"; }
# attach FILE [MB]: sets $loop
attach() {
  [ -z "${2:-}" ] || truncate -s "$2M" "$1"
  loop=$(losetup --find --show "$1")
  loops+=("$loop")
}
bytes() { blockdev --getsize64 "$1"; }
spoil() { head -c $((96 << 20)) /dev/zero | tr '\0' x >"$1"; }
# fails STATUS TEXT COMMAND...: it ends with this status and says this
fails() {
  local status=0 output
  output=$("${@:3}" 2>&1) || status=$?
  echo "$output" | tail -n 1
  [ "$status" = "$1" ]
  [[ $output == *"$2"* ]]
}
cd "$work"

say 'a card: GPT, a boot partition, a system'
truncate -s 96M card
sfdisk --quiet card <<<'label: gpt
start=2048, size=32768, type=U
start=34816'
mkfs.vfat -F 16 --offset 2048 card 16384 >/dev/null
mkdir system
cp -r "$root/docs" system/
head -c 20000000 /dev/urandom >system/photos
mke2fs -q -t ext4 -d system -E offset=$((34816 * 512)) card 76M
attach card
card=$loop

say list
butcher device list
butcher device list --all

say 'backup: .img.zst and .img.gz'
butcher device backup "$card" card.img.zst
sha256sum --check card.img.zst.sha256
zstd -dc card.img.zst | cmp - card
butcher device backup "$card" card.img.gz
sha256sum --check card.img.gz.sha256
gunzip -c card.img.gz | cmp - card
fails 1 'exists already' butcher device backup "$card" card.img.gz

say 'a set: the second backup stores what changed'
butcher backup "$card" set --no-encrypt --compress zstd --medium 20MB
first=$(du -sb set | cut -f1)
head -c 1000000 /dev/urandom | dd of="$card" bs=1M seek=12 conv=notrunc status=none
butcher backup "$card" set
grown=$(($(du -sb set | cut -f1) - first))
echo "the second backup added $grown bytes"
((grown < 8000000))

say 'a bad sector: without a map nothing is left, with one the second run reads only what is missing'
# serve FILE [FILTER PARAMETER]: a loop device over FILE, with faults; sets $loop
serve() {
  mkdir -p fuse
  nbdfuse fuse/disk --command nbdkit --single ${2:+"--filter=$2"} file "$1" ${3:+"$3"} 2>>nbdfuse.log &
  server=$!
  until [ -e fuse/disk ]; do
    kill -0 "$server"
    sleep 0.1
  done
  attach fuse/disk
}
end_serve() {
  losetup --detach "$1"
  fusermount3 -u -z fuse
  wait "$server" || true
  server=
}
printf '%s\n' '0x00000000 + 1' '0x00000000 0x01F00000 +' '0x01F00000 0x00001000 -' '0x01F01000 0x040FF000 +' >bad
cp card other
serve other ddrescue ddrescue-mapfile=bad
fails 1 '--map FILE continues past bad sectors' butcher device backup "$loop" bad.img.zst
[ -z "$(ls bad.img* 2>/dev/null)" ]
fails 3 'run the command again to try them again' butcher device backup "$loop" bad.img.zst --map bad-img.map
grep -q '0x01F00000  0x00001000  -' bad-img.map
end_serve "$loop"
# every other sector differs: the second run must not read it
spoil other
dd if=card of=other bs=4096 skip=$((0x1F00)) seek=$((0x1F00)) count=1 conv=notrunc status=none
serve other
butcher device backup "$loop" bad.img.zst --map bad-img.map
end_serve "$loop"
zstd -dc bad.img.zst | cmp - card
sha256sum --check bad.img.zst.sha256

say 'onto a larger card: the GPT is moved to its end'
attach larger 120
larger=$loop
fails 2 'is not confirmed' butcher device restore card.img.zst "$larger"
butcher device restore card.img.gz "$larger" --erase "$larger:$(bytes "$larger")"
butcher device restore bad.img.zst "$larger" --erase "$larger:$(bytes "$larger")" --move-gpt
sfdisk --verify "$larger" | grep 'No errors'
partx --add "$larger"
mkdir -p mounted
mount -o ro "${larger}p2" mounted
cmp system/photos mounted/photos
fails 1 "is mounted at $work/mounted" butcher device restore card.img.zst "$larger" --erase "$larger:$(bytes "$larger")"
umount mounted
partx --delete "$larger"

say 'onto a card that is too small: nothing is written'
attach small 80
small=$loop
fails 1 "has 100663296 bytes, and $small has 83886080: 16777216 too few" \
  butcher device restore card.img.zst "$small" --erase "$small:$(bytes "$small")"
fails 1 "has 100663296 bytes, $small only 83886080" butcher restore set "$small" --erase "$small:$(bytes "$small")"
cmp small <(head -c "$(bytes "$small")" /dev/zero)

say 'from discs, by butcher'
cp -r set discs
attach again 100
again=$loop
spoil "$again"
butcher restore discs "$again" --erase "$again:$(bytes "$again")"
cmp --bytes $((96 << 20)) card "$again"

say 'from discs, by hand: the script of the newest disc, and dd'
newest=$(ls -d discs/disc-* | tail -n 1)
name=$(basename "$card")
for words in '' --no-sqlite; do
  bash "$newest/restore.sh" $words "$work/by-script$words"
  cmp "by-script$words/$name" card
done
spoil "$again"
dd if="by-script/$name" of="$again" bs=4M conv=fsync status=none
cmp --bytes $((96 << 20)) card "$again"

say 'from discs, by hand: the blocks of docs/restore-by-hand.md'
# blocks HEADING...: the sh blocks below these headings
blocks() {
  for heading; do
    awk -v heading="$heading" '
      /^#/ && !code { here = $0 == heading }
      here && /^```sh/ { code = 1; next }
      /^```/ { code = 0 }
      code' "$root/docs/restore-by-hand.md"
  done
}
mkdir -p home
mv discs home/discs
{
  blocks '## Preparations' '## Opening a chunk' '## Without sqlite3'
} >by-hand.sh
(cd home && env -i HOME="$work/home" PATH="$PATH" LC_ALL=C bash --norc --noprofile -e ../by-hand.sh >../by-hand.log 2>&1)
cmp "home/restored-all/$name" card
say done
