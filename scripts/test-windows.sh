#!/usr/bin/env bash
# npm run test:windows: the one file for Windows under Wine 10, in a root of Debian 13. It compares trees with
# those of Linux. It needs root, debootstrap, and 3 GB in /var/tmp/butcher-roots, where the root stays.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" != inside ]; then
  scripts/system-packages.sh debootstrap:debootstrap strip:binutils
  . scripts/install.sh
  npm run --silent build
  npm run --silent onefile -- --windows
  . scripts/debian-root.sh
  debian_root trixie-wine trixie --include=wine64
  exec unshare --mount --pid --fork --mount-proc --propagation private bash "$0" inside "$roots/trixie-wine"
fi
root=$2
# In its own namespace it is the first process: its mounts and kills are not those of the machine.
[ $$ -le 2 ] || exit 1
mount -t proc none "$root/proc"

drive=$root/root/.wine/drive_c/t
secret=
# A pipe as output makes Node.js fail under Wine, so the output goes to files.
one() {
  env -i HOME=/root LC_ALL=C.UTF-8 WINEDEBUG=-all PATH=/usr/bin:/bin ${secret:+BUTCHER_PASSPHRASE=$secret} \
    "$(command -v chroot)" "$root" bash -c 'cd /root/.wine/drive_c/t && exec /usr/lib/wine/wine64 butcher.exe "$@" >out.txt 2>err.txt </dev/null' one "$@" ||
    { status=$?; cat "$drive/out.txt" "$drive/err.txt" >&2; return "$status"; }
}
npm_butcher() { env ${secret:+BUTCHER_PASSPHRASE=$secret} node bin/butcher.js "$@"; }
say() { printf '\n--- %s\n' "$*"; }
same() { diff -r "$drive/source" "$1"; }

env -i HOME=/root WINEDEBUG=-all PATH=/usr/bin:/bin "$(command -v chroot)" "$root" /usr/lib/wine/wine64 cmd /c exit >/dev/null 2>&1 </dev/null || true
rm -rf "$drive"
mkdir -p "$drive/source/folder/ünï"
trap 'rm -rf "$drive"' EXIT
cp dist/butcher.exe "$drive"
cp -r assets README.md "$drive/source"
touch -d '2001-02-03 04:05:06.123456789' "$drive/source/README.md"
seq 1 200000 >"$drive/source/folder/numbers"
head -c 3000000 /dev/urandom >"$drive/source/folder/ünï/noise"

say version and licences
one --version
[ "$(tr -d '\r' <"$drive/out.txt")" = "$(npm_butcher --version)" ]
one licenses
grep -q '^openpgp [0-9]' "$drive/out.txt"

for way in plain encrypted; do
  more=()
  [ $way = plain ] || more=(--encrypt) secret=secret
  say "a backup of Windows, restored by Linux, and the other way round: $way"
  one backup source "of-windows-$way" "${more[@]}"
  npm_butcher restore "$drive/of-windows-$way" "$drive/by-linux-$way" --quiet
  same "$drive/by-linux-$way"
  npm_butcher backup "$drive/source" "$drive/of-linux-$way" "${more[@]}" --quiet
  one restore "of-linux-$way" "by-windows-$way"
  same "$drive/by-windows-$way"
  [ "$(stat -c %y "$drive/by-windows-$way/README.md" | cut -c 1-27)" = '2001-02-03 04:05:06.1234567' ]
  one backup source "of-linux-$way"
  one list "of-linux-$way"
  grep -q numbers "$drive/out.txt"
  one verify "of-linux-$way"
  grep -q '^sound' "$drive/out.txt"
done
one find of-windows-encrypted '*noise'
grep -q noise "$drive/out.txt"
one log of-linux-encrypted
one diff of-linux-encrypted 1 2
secret=

say names that Windows cannot have, or that would lead elsewhere
hostile=$(mktemp -d)
for name in '..\..\evil.txt' CON aux.txt nul 'trail.' 'blank ' a:b $'control\x01' 'q?' Case case; do
  printf 'evil' >"$hostile/$name"
done
mkfifo "$hostile/fifo"
printf 'good' >"$hostile/good"
deep=$(printf 'd%.0s' {1..150})/$(printf 'e%.0s' {1..150})
mkdir -p "$hostile/$deep"
printf 'deep' >"$hostile/$deep/file"
npm_butcher backup "$hostile" "$drive/hostile" --quiet
rm -r "$hostile"
status=0
one restore hostile hostile-back || status=$?
[ "$status" -ne 0 ]
[ "$(cat "$drive/hostile-back/good")" = good ]
[ "$(cat "$drive/hostile-back/$deep/file")" = deep ]
[ "$(grep -c 'Windows cannot hold its name' "$drive/err.txt")" = 9 ]
grep -q 'case: on this file system its name is the same as Case' "$drive/err.txt"
grep -q 'fifo: Windows has no FIFOs' "$drive/err.txt"
[ "$(find "$drive/hostile-back" -type f | wc -l)" = 3 ]
[ -z "$(find "$root/root/.wine/drive_c" -name 'evil.txt' -print -quit)" ]

say repair of a disc without parity: its sound files
cp -r "$drive/of-linux-plain/disc-0001" "$drive/damaged"
chunk=$(ls "$drive"/damaged/chunks/* | head -n 1)
printf 'damage' | dd of="$chunk" bs=1 seek=2000 conv=notrunc status=none
status=0
one repair damaged repaired || status=$?
[ "$status" -ne 0 ]
diff "$drive/damaged/README.txt" "$drive/repaired/README.txt"

say images of partitions: info, check, restore
image=ext4-a1.img.zst
cp "test/fixtures/partition/$image" "$drive"
one partition info "$image"
grep -q 'file system: *EXTFS' "$drive/out.txt"
one partition check "$image"
one partition restore "$image" raw
npm_butcher partition restore "$drive/$image" "$drive/raw-of-linux" --quiet
cmp "$drive/raw" "$drive/raw-of-linux"

say a lost disc of a group: recover
mkdir "$drive/large"
head -c 5000000 /dev/urandom >"$drive/large/noise"
npm_butcher backup "$drive/large" "$drive/group" --medium 2MB --quiet
npm_butcher spare "$drive/group" 1-2 --quiet
mv "$drive/group/disc-0002" "$drive/lost"
one recover 2 group recovered
diff -r "$drive/lost" "$drive/recovered"

say label, index, rebuild
one label of-windows-plain --out labels.pdf
[ "$(head -c 5 "$drive/labels.pdf")" = %PDF- ]
one index of-windows-plain page.html
grep -q '</html>' "$drive/page.html"
one rebuild of-windows-plain rebuilt.sqlite
cp dist/butcher.exe "$drive/source/folder/large.exe"

say 'a backup that is killed, and resumed'
secret=secret
one backup source killed --encrypt --chunk-size 4MB &
running=$!
for _ in $(seq 300); do
  ls "$drive"/killed/disc-0001/chunks/* >/dev/null 2>&1 && break
  sleep 0.1
done
pkill -KILL -f butcher.exe || true
wait "$running" || true
one backup source killed --encrypt
npm_butcher restore "$drive/killed" "$drive/of-killed" --quiet
same "$drive/of-killed"
secret=

say nothing is left in the folder for temporary files
left=.
# The watchers of a killed run take a moment.
for _ in $(seq 60); do
  left=$(find "$root/root/.wine/drive_c/users" -path '*Temp*' -name 'butcher-*')
  [ -n "$left" ] || break
  sleep 1
done
[ -z "$left" ] || { echo "left: $left" >&2; exit 1; }

say the daemon and its page
# It ends with this namespace. Its output has other files, as the commands below write to those of `one`.
env -i HOME=/root LC_ALL=C.UTF-8 WINEDEBUG=-all PATH=/usr/bin:/bin "$(command -v chroot)" "$root" bash -c \
  'cd /root/.wine/drive_c/t && exec /usr/lib/wine/wine64 butcher.exe daemon >log.txt 2>&1 </dev/null' &
for _ in $(seq 120); do
  ! grep -q 'is ready' "$drive/log.txt" 2>/dev/null || break
  sleep 1
done
one run list
one web
address=$(tr -d '\r' <"$drive/out.txt" | grep -o 'http://127[^ ]*')
node -e 'fetch(process.argv[1]).then((a) => a.text()).then((t) => process.exit(t.includes("<title>butcher") ? 0 : 1))' "$address"
status=0
one daemon || status=$?
[ "$status" -ne 0 ]
grep -q 'runs already' "$drive/err.txt"
echo 'Windows and Linux read each other'
