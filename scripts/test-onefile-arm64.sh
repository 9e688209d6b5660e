#!/usr/bin/env bash
# npm run test:onefile -- --arm64: the one file for arm64 under QEMU, with the libraries of Debian 11 for
# arm64. The package, on the processor of this machine, reads its sets, and it reads those of the package. It
# needs root.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh debootstrap:debootstrap qemu-aarch64-static:qemu-user-static strip:binutils
. scripts/install.sh
npm run --silent build
npm run --silent onefile -- --arm64
. scripts/debian-root.sh
debian_root bullseye-arm64 bullseye --foreign --arch=arm64 --include=libstdc++6

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-arm64.XXXXXX")
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" || true; rm -rf "$work"' EXIT
say() { printf '\n--- %s\n' "$*"; }
secret=
one() {
  env -i HOME="$work/home" XDG_RUNTIME_DIR="$work/home" PATH=/usr/bin:/bin ${secret:+BUTCHER_PASSPHRASE=$secret} \
    "$(command -v qemu-aarch64-static)" -L "$roots/bullseye-arm64" dist/butcher-linux-arm64 "$@"
}
package() { env ${secret:+BUTCHER_PASSPHRASE=$secret} node bin/butcher.js "$@"; }

mkdir -p "$work/home" "$work/source/folder"
cp -r assets README.md "$work/source"
seq 1 100000 >"$work/source/folder/numbers"
head -c 1000000 /dev/urandom >"$work/source/folder/noise"
ln -s numbers "$work/source/folder/link"
ln "$work/source/folder/numbers" "$work/source/hard"
touch -d '2001-02-03 04:05:06.123456789' "$work/source/README.md"
same() {
  diff -r --no-dereference "$work/source" "$1"
  [ "$(stat -c %y "$1/README.md")" = "$(stat -c %y "$work/source/README.md")" ]
}

say version, licences, doctor
[ "$(one --version)" = "$(package --version)" ]
one licenses | grep '^koffi [0-9]'
one doctor | grep koffi

for way in plain encrypted; do
  more=()
  [ $way = plain ] || more=(--encrypt) secret=secret
  say "backup, restore, list, verify: $way"
  one backup "$work/source" "$work/of-one-$way" "${more[@]}"
  package restore "$work/of-one-$way" "$work/by-package-$way" --quiet
  same "$work/by-package-$way"
  package backup "$work/source" "$work/of-package-$way" "${more[@]}" --quiet
  one restore "$work/of-package-$way" "$work/by-one-$way"
  same "$work/by-one-$way"
  one backup "$work/source" "$work/of-package-$way"
  one list "$work/of-package-$way" | grep numbers
  one verify "$work/of-package-$way" | grep '^sound'
done
secret=

say label, index
one label "$work/of-one-plain" --out "$work/labels.pdf"
[ "$(head -c 5 "$work/labels.pdf")" = %PDF- ]
one index "$work/of-one-plain" "$work/page.html"
grep -q '</html>' "$work/page.html"

say daemon
one daemon >"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 300); do [ ! -S "$work/home/butcher/daemon.sock" ] || break; sleep 0.1; done
package() { env HOME="$work/home" XDG_RUNTIME_DIR="$work/home" node bin/butcher.js "$@"; }
package run list
echo 'arm64 and this processor read each other'
