#!/usr/bin/env bash
# npm run test:discs [-- MB]: the life of discs with no drive: backup, image, burn in two copies, verify,
# locate, next backup; then a source of 5 discs through the staging room of one. MB is the size of a disc, 60
# if not given. Takes some 20 times as much room under ${TMPDIR:-/tmp}.
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-60}
. scripts/install.sh
npm run --silent build

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-discs.XXXXXX")
watcher=
trap '[ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true; rm -rf "$work"' EXIT
export BUTCHER_PASSPHRASE=secret
root=$PWD
butcher() { node "$root/bin/butcher.js" "$@"; }
say() { printf '\n--- %s\n' "$*"; }
# fill FOLDER FILES: files of 5 MB that do not compress
fill() {
  mkdir -p "$1"
  for ((i = 1; i <= $2; i++)); do head -c 5000000 /dev/urandom >"$1/$(printf %03d "$i")"; done
}

cd "$work"
fill photos $((size * 5 / 2 / 5))
say backup
butcher backup photos discs --medium "${size}MB" --chunk-size 10MB
[ "$(ls -d discs/disc-* | wc -l)" = 3 ]
say iso
butcher iso discs 1
cp discs/disc-0001.iso first.iso
sleep 2
butcher iso discs 1
cmp first.iso discs/disc-0001.iso
say what would be burned
mkdir shelf
butcher burn discs --copies 2 --device 'stdio:shelf/%d-%c.iso' --dry-run
say burn
butcher burn discs --copies 2 --device 'stdio:shelf/%d-%c.iso'
[ "$(ls shelf | wc -l)" = 6 ]
for image in shelf/*; do
  xorriso -osirrox on -indev "$image" -extract / unpacked >xorriso.log 2>&1
  (cd unpacked && sha256sum --check --strict --quiet SHA256SUMS)
  chmod -R u+w unpacked
  rm -r unpacked
done
say verify
butcher verify discs
say locate
butcher discs discs --locate 1-3 'shelf B' --copy 1 --quiet
butcher discs discs --locate 1-3 'at the bank' --copy 2 --quiet
butcher discs discs --due 1y
say next backup
fill photos/more 2
before=$(sha256sum discs/disc-000[123]/SHA256SUMS)
butcher backup photos discs --medium "${size}MB" --chunk-size 10MB
[ -d discs/disc-0004 ]
[ "$before" = "$(sha256sum discs/disc-000[123]/SHA256SUMS)" ]
butcher discs discs
say restore from the copies
for n in 1 2 3; do
  xorriso -osirrox on -indev "shelf/$n-2.iso" -extract / "mounted/disc-000$n" >xorriso.log 2>&1
done
cp -r discs/disc-0004 mounted/
butcher restore mounted restored
diff -r photos restored
chmod -R u+w mounted
rm -r discs shelf mounted restored first.iso

say "follow: $((size * 9 / 2)) MB on discs of $size MB"
rm -r photos/more
fill photos/rest $((size * 2 / 5))
mkdir shelf
(
  peak=0
  while [ ! -e done ]; do
    now=$(du -sm discs 2>/dev/null | cut -f1) || true
    ((${now:-0} <= peak)) || echo "$((peak = now))" >peak
    sleep 0.05
  done
) &
watcher=$!
butcher burn discs --follow photos --medium "${size}MB" --chunk-size 10MB --device 'stdio:shelf/%d.iso'
touch done
wait "$watcher"
watcher=
echo "at most $(cat peak) MB of staging for $(du -sm photos | cut -f1) MB of source on $(ls shelf | wc -l) discs"
(($(cat peak) <= size * 12 / 10 + 1))
[ -z "$(find discs -name 'disc-*')" ]
for image in shelf/*; do
  xorriso -osirrox on -indev "$image" -extract / "mounted/$(printf 'disc-%04d' "$(basename "$image" .iso)")" >xorriso.log 2>&1
done
butcher restore mounted restored
diff -r photos restored
chmod -R u+w mounted
say done
