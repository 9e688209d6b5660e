#!/usr/bin/env bash
# npm run test:onefile: the program as one file in an empty, read-only root without Node.js and with /tmp
# mounted noexec. The file and the package of npm read each other's sets. It needs root. The file stays in
# dist/. With `-- --arm64`, scripts/test-onefile-arm64.sh runs.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${1:-}" != --arm64 ] || exec bash scripts/test-onefile-arm64.sh
if [ "${1:-}" != inside ]; then
  scripts/system-packages.sh xorriso:xorriso par2:par2 strip:binutils fusermount3:fuse3 setfattr:attr
  . scripts/install.sh
  npm run --silent build
  npm run --silent onefile
  exec unshare --mount --propagation private bash "$0" inside
fi

# Its mounts must not be those of the machine.
[ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/1/ns/mnt)" ] || exit 1

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-onefile.XXXXXX")
loop=
end() {
  [ -z "$loop" ] || losetup -d "$loop"
  # The mounts end with this namespace; without them, nothing of the machine is below the folder.
  umount -R "$work/root" 2>/dev/null || true
  mountpoint -q "$work/root/proc" || rm -rf --one-file-system "$work"
}
trap end EXIT
say() { printf '\n--- %s\n' "$*"; }
npm_butcher() { env ${secret:+BUTCHER_PASSPHRASE=$secret} node bin/butcher.js "$@"; }

root=$work/root
mkdir -p "$root"/{bin,tmp,data,dev,proc,sys,mnt}
cp dist/butcher-linux-x64 "$root/butcher"
# The root also has the libraries of Node.js, and the programs for iso, repair and mount. Nothing else.
mapfile -t programs < <(command -v xorriso par2 mount umount)
cp "${programs[@]}" "$root/bin"
for file in "$root/butcher" node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node "${programs[@]}"; do
  ldd "$file" | grep -o '/[^ )]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L -n "$library" "$root$library" 2>/dev/null || true
  done
done
mkdir "$work/data"
mount --bind "$root" "$root"
mount --bind "$work/data" "$root/data"
mount -t tmpfs -o noexec,nosuid,nodev none "$root/tmp"
mount --rbind /proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -o remount,ro,bind "$root"
secret=
one() { env -i PATH=/bin ${secret:+BUTCHER_PASSPHRASE=$secret} "$(command -v chroot)" "$root" /butcher "$@"; }
! touch "$root/x" 2>/dev/null || { echo 'the root can be written to' >&2; exit 1; }

data=$work/data
mkdir -p "$data/source/folder"
cp -r assets README.md "$data/source"
seq 1 200000 >"$data/source/folder/numbers"
head -c 3000000 /dev/urandom >"$data/source/folder/noise"
ln -s numbers "$data/source/folder/link"
ln "$data/source/folder/numbers" "$data/source/hard"
touch -d '2001-02-03 04:05:06.123456789' "$data/source/README.md"
same() { diff -r --no-dereference "$data/source" "$1" && [ "$(stat -c %Y "$1/README.md")" = "$(stat -c %Y "$data/source/README.md")" ]; }

say version, licences, doctor
[ "$(one --version)" = "$(npm_butcher --version)" ]
one licenses >"$work/licenses"
for name in butcher node better openpgp koffi pdfkit; do
  [ "$name" = better ] || grep -q "^$name [0-9]" "$work/licenses" || { echo "no licence of $name" >&2; exit 1; }
done
one doctor | grep -E 'koffi|xorriso|par2'

for way in plain encrypted; do
  more=()
  [ $way = plain ] || more=(--encrypt) secret=secret
  say "a backup of the file, restored by the package, and the other way round: $way"
  one backup /data/source "/data/of-one-$way" --redundancy 10% "${more[@]}"
  npm_butcher restore "$data/of-one-$way" "$data/by-npm-$way"
  same "$data/by-npm-$way"
  npm_butcher backup "$data/source" "$data/of-npm-$way" "${more[@]}"
  one restore "/data/of-npm-$way" "/data/by-one-$way"
  same "$data/by-one-$way"
  one backup /data/source "/data/of-npm-$way"
done

say extended attributes, where TMPDIR names a folder in which programs may run
setfattr -n user.butcher -v yes "$data/source/README.md"
exec_one() { env -i PATH=/bin TMPDIR=/data "$(command -v chroot)" "$root" /butcher "$@"; }
exec_one backup /data/source /data/with-attributes
exec_one restore /data/with-attributes /data/attributes-back
[ "$(getfattr --only-values -n user.butcher "$data/attributes-back/README.md")" = yes ]

say list, find, log, diff, verify, label, index, rebuild
one list /data/of-one-plain | grep -q numbers
one find /data/of-one-plain '*noise' | grep -q noise
one log /data/of-npm-plain >/dev/null
one diff /data/of-npm-plain 1 2 >/dev/null
one verify /data/of-one-encrypted
secret=
one label /data/of-one-plain --out /data/labels.pdf
[ "$(head -c 5 "$data/labels.pdf")" = %PDF- ]
one index /data/of-one-plain /data/page.html
grep -q '</html>' "$data/page.html"
one rebuild /data/of-one-plain /data/rebuilt.sqlite

say iso, burn into a file, verify the image
one iso /data/of-one-plain
one verify /data/of-one-plain/disc-0001.iso
one burn /data/of-npm-plain --device stdio:/data/burned-%d.iso
one verify /data/burned-1.iso

say repair
cp -r "$data/of-one-plain/disc-0001" "$data/damaged"
chunk=$(ls "$data"/damaged/chunks/* | head -n 1)
printf 'damage' | dd of="$chunk" bs=1 seek=2000 conv=notrunc status=none
one repair /data/damaged /data/repaired
diff -r "$data/of-one-plain/disc-0001" "$data/repaired"

say mount
env -i PATH=/bin HOME=/data "$(command -v chroot)" "$root" /butcher mount /data/of-one-plain /mnt
cmp "$data/source/folder/noise" "$(find "$root/mnt" -name noise | head -n 1)"
one unmount /mnt

say device backup and restore
truncate -s 8M "$work/disk"
head -c 1000000 /dev/urandom | dd of="$work/disk" conv=notrunc status=none
loop=$(losetup --find --show "$work/disk")
one device backup "$loop" /data/disk.img.gz
gzip -dc "$data/disk.img.gz" | cmp - "$work/disk"

say daemon
env -i PATH=/bin HOME=/data XDG_RUNTIME_DIR=/data "$(command -v chroot)" "$root" /butcher daemon >"$work/daemon" 2>&1 &
daemon=$!
for _ in $(seq 100); do [ ! -S "$data/butcher/daemon.sock" ] || break; sleep 0.1; done
find "$data/butcher" -name daemon.sock | grep -q . || { cat "$work/daemon" >&2; exit 1; }
kill "$daemon"
wait "$daemon" || true

say nothing is left
left=$(find "$root/tmp" -mindepth 1)
[ -z "$left" ] || { echo "left in /tmp: $left" >&2; exit 1; }
echo 'the one file and the package read each other'
