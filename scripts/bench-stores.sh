#!/usr/bin/env bash
# npm run bench:stores: butcher beside restic on the same remotes: rclone's servers of WebDAV and SFTP.
# It prints wall time and the CPU time of the whole machine, so nothing else may run.
# TREE is the source. If it is not set, a tree of 15,000 files and 200 MB is made, or with SCALE=0.01 a
# hundredth of it. RUNS (3) is the number of runs of each program, in turn. REMOTES is "webdav sftp".
# BACKUPS (30) is the number of backups of 3 MB that forget and prune get.
# restic does not read its uploads back. So butcher runs twice: with --proof size, and by default.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
scripts/system-packages.sh rclone:rclone restic:restic >&2
RUNS=${RUNS:-3}
npm run --silent build

work=$(mktemp -d)
if [ -z "${TREE:-}" ]; then
  TREE=$work/tree
  node - "$TREE" "${SCALE:-1}" <<'END'
const fs = require('node:fs')
const { randomBytes } = require('node:crypto')
const [, , tree, scale] = process.argv
const text = 'the quick brown fox jumps over the lazy dog, again and again\n'.repeat(200)
for (let i = 0; i < 15_000 * scale; i++) {
  const folder = `${tree}/${i % 100}`
  fs.mkdirSync(folder, { recursive: true })
  // Of ten files nine are small texts, and one is noise of 120 kB.
  const content = i % 10 > 0 ? `${i} ${text.slice(0, (i * 37) % 4000)}` : randomBytes(120_000)
  fs.writeFileSync(`${folder}/${i}`, content)
}
END
fi
TREE=$(realpath "$TREE")
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
export RCLONE_CONFIG=$work/rclone.conf RESTIC_PASSWORD=bench BUTCHER_PASSPHRASE=bench
one=$(cd "$TREE" && find . -type f -size +100k -size -2M | LC_ALL=C sort | head -1 | sed 's|^\./||')

port() { node -e 'const s = net.createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
pass=$(rclone obscure bench 2>/dev/null)

serve() { # KIND
  local at
  at=$(port)
  mkdir -p "$work/$1"
  rclone serve "$1" "$work/$1" --addr "127.0.0.1:$at" --user bench --pass bench 2>"$work/$1.log" &
  servers+=($!)
  echo "[$1]" >>"$RCLONE_CONFIG"
  case $1 in
    webdav) printf 'type = webdav\nurl = http://127.0.0.1:%s\nvendor = other\n' "$at" ;;
    sftp) printf 'type = sftp\nhost = 127.0.0.1\nport = %s\nshell_type = none\n' "$at" ;;
  esac >>"$RCLONE_CONFIG"
  printf 'user = bench\npass = %s\n' "$pass" >>"$RCLONE_CONFIG"
  until rclone lsd "$1:" >/dev/null 2>&1; do sleep 0.2; done
}

busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; } # in clock ticks

# NAME COMMAND..: one line with its figures. A failure ends the script.
figure() {
  local name=$1 before start
  shift
  before=$(busy)
  start=$EPOCHREALTIME
  "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
  echo "$name $(($(busy) - before)) $start $EPOCHREALTIME" |
    awk -v hertz="$(getconf CLK_TCK)" '{ n = NF; title = $1; for (i = 2; i <= n - 3; i++) title = title " " $i
      printf "%-44s %8.2f s CPU %8.2f s\n", title, $(n - 2) / hertz, $n - $(n - 1) }'
}

butcher=bin/butcher.js

# Before each of the backups that are forgotten, a third of a small tree changes.
small() {
  mkdir -p "$work/small"
  for ((i = 0; i < 30; i++)); do
    ((i % 3 == $1 % 3 || $1 == 1)) && head -c 100000 /dev/urandom >"$work/small/$i"
  done
  return 0
}
restored() { cmp "$TREE/$one" "$1/$one"; rm -rf "${1:?}"; }

for remote in ${REMOTES:-webdav sftp}; do
  serve "$remote"
  for ((run = 1; run <= RUNS; run++)); do
    for proof in size content; do
      export XDG_CACHE_HOME=$work/cache-$proof-$run
      set=rclone:$remote:butcher-$proof-$run
      figure "$remote first backup, butcher ($proof)" "$butcher" backup --proof "$proof" --encrypt --compress zstd --quiet "$TREE" "$set"
      figure "$remote nothing changed, butcher ($proof)" "$butcher" backup --proof "$proof" --quiet "$TREE" "$set"
    done
    figure "$remote restore of all, butcher" "$butcher" restore --quiet "$set" "$work/all"
    restored "$work/all"
    figure "$remote restore of one file, butcher" "$butcher" restore --quiet --include "/$one" "$set" "$work/one"
    restored "$work/one"
    figure "$remote list, butcher" "$butcher" list --quiet "$set"
    for ((n = 1; n <= ${BACKUPS:-30}; n++)); do
      small "$n"
      "$butcher" backup --encrypt --compress zstd --quiet "$work/small" "$set-small"
    done
    figure "$remote forget and prune, butcher" "$butcher" forget --quiet --keep-last 1 --prune "$set-small"
    export RESTIC_CACHE_DIR=$work/cache-restic-$run RESTIC_REPOSITORY=rclone:$remote:restic-$run
    restic init --quiet --repository-version 2
    figure "$remote first backup, restic" restic backup --quiet "$TREE"
    figure "$remote nothing changed, restic" restic backup --quiet "$TREE"
    figure "$remote restore of all, restic" restic restore --quiet latest --target "$work/all"
    restored "$work/all$TREE"
    figure "$remote restore of one file, restic" restic restore --quiet latest --target "$work/one" --include "$TREE/$one"
    restored "$work/one$TREE"
    figure "$remote list, restic" restic ls --quiet latest
    export RESTIC_REPOSITORY=rclone:$remote:restic-small-$run
    restic init --quiet --repository-version 2
    for ((n = 1; n <= ${BACKUPS:-30}; n++)); do
      small "$n"
      restic backup --quiet "$work/small"
    done
    figure "$remote forget and prune, restic" restic forget --quiet --keep-last 1 --prune
    rm -rf "$work/all" "$work/one" "$work/small" "$work/$remote"/* "$work"/cache-*
  done
done
