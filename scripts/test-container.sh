#!/usr/bin/env bash
# npm run test:container: builds the image and runs a backup, a second, incremental one and a restore through
# mounted volumes; compares what came back, and whom it belongs to. For a destination of an ordinary user and
# for one of root.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/container-engine.sh

tag=localhost/butcher:test
container_build "$tag" .
container_run "$tag" --version

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-container.XXXXXX")
trap 'rm -rf "$work"' EXIT
# The container's user has to get to the mounts.
chmod 755 "$work"

die() {
  echo "$*" >&2
  exit 1
}

# try OWNER: the whole round with folders of that uid:gid.
try() {
  local owner=$1 top=$work/${1/:/-}
  mkdir -p "$top/src/photos" "$top/dest" "$top/out"
  cp -r src docs "$top/src/"
  head -c 3000000 /dev/urandom >"$top/src/photos/one.jpg"
  ln -s photos/one.jpg "$top/src/link"
  ((EUID != 0)) || chown -R "$owner" "$top"

  local mounts=(-v "$top/src:/src:ro" -v "$top/dest:/dest" -v "$top/out:/out" -e BUTCHER_PASSPHRASE=secret)
  container_run "${mounts[@]}" "$tag" backup /src /dest --medium 5MB --chunk-size 1MB
  echo 'one line more' >>"$top/src/docs/format.md"
  echo 'a new file' >"$top/src/new.txt"
  ((EUID != 0)) || chown "$owner" "$top/src/new.txt"
  container_run "${mounts[@]}" "$tag" backup /src /dest --medium 5MB --chunk-size 1MB --json |
    tee "$top/second.jsonl" | tail -n 1
  tail -n 1 "$top/second.jsonl" | grep '"files_new":1,' | grep -q '"files_changed":1,' ||
    die 'the second backup was not incremental'

  container_run "${mounts[@]}" "$tag" restore /dest /out/tree
  rsync -aHnc --itemize-changes --delete "$top/src/" "$top/out/tree/" | tee "$top/differences"
  [ ! -s "$top/differences" ] || die 'what came back differs from the source'
  local strangers
  strangers=$(find "$top/dest" "$top/out" ! \( -uid "${owner%:*}" -gid "${owner#*:}" \) -print -quit)
  [ -z "$strangers" ] || die "$strangers does not belong to $owner"
  echo "as $owner: two backups and a restore through mounted volumes, the same"
}

if ((EUID == 0)); then
  try 1234:1234
  try 0:0
else
  try "$(id -u):$(id -g)"
fi
