#!/usr/bin/env bash
# npm run test:real-tree [-- FOLDER...]: a real tree (/usr/share and /usr/include, or the folders given) onto
# encrypted 100 MB media, and back in the three ways: by butcher, by a disc's restore.sh, by
# docs/restore-by-hand.md. After each, rsync looks for differences and fails on the first. Takes some four
# times the size of the tree under ${TMPDIR:-/tmp}.
set -euo pipefail
cd "$(dirname "$0")/.."
folders=("$@")
((${#folders[@]})) || folders=(/usr/share /usr/include)
scripts/system-packages.sh rsync:rsync gpg:gnupg gpg-agent:gpg-agent bzip2:bzip2 sqlite3:sqlite3
. scripts/install.sh
npm run --silent build

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-real-tree.XXXXXX")
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
mkdir "$work/src" "$work/home"
cp -a "${folders[@]}" "$work/src/"
echo secret >"$work/home/passphrase.txt"
echo "$(find "$work/src" | wc -l) paths, $(du -sm --apparent-size "$work/src" | cut -f1) MB"

# timed WHAT COMMAND...
timed() {
  local what=$1 begun=$SECONDS
  shift
  "$@" || { echo "$what: failed" >&2 && exit 1; }
  echo "$what: $((SECONDS - begun)) s"
}

# same RSYNC-OPTIONS FOLDER: no difference between the source and the folder, as far as the options look.
same() {
  rsync "$1" --itemize-changes --delete "$work/src/" "$2/" >"$work/differences"
  if [ -s "$work/differences" ]; then
    echo "differences, $(wc -l <"$work/differences") in all:" >&2
    head "$work/differences" >&2
    exit 1
  fi
  chmod -R u+rwX "$2"
  rm -rf "$2"
}

timed 'butcher backup' node bin/butcher.js backup "$work/src" "$work/home/discs" --medium 100MB --chunk-size 20MB \
  --passphrase-file "$work/home/passphrase.txt" --no-progress
for disc in "$work"/home/discs/disc-*; do (cd "$disc" && sha256sum -c --quiet SHA256SUMS); done

timed 'butcher restore' node bin/butcher.js restore "$work/home/discs" "$work/out" \
  --passphrase-file "$work/home/passphrase.txt" --no-progress
same -aHnc "$work/out"

timed 'restore.sh' env -i PATH=/usr/bin:/bin HOME="$work/home" \
  bash "$work/home/discs/disc-0001/restore.sh" --passphrase-file "$work/home/passphrase.txt" "$work/out"
same -rlnc "$work/out"

# The document's own commands, from its preparations to modes and times.
awk '/^## An older backup/ { exit } /^## Preparations/ { wanted = 1 }
  /^```$/ { block = 0 } block { print } /^```sh$/ { block = wanted }' docs/restore-by-hand.md >"$work/by-hand.sh"
timed 'restore-by-hand.md' env -i PATH=/usr/bin:/bin HOME="$work/home" bash "$work/by-hand.sh" >"$work/by-hand.log"
tail -n 1 "$work/by-hand.log"
same -rlnc "$work/home/restored"
