#!/usr/bin/env bash
# npm run bench:stores: butcher beside restic on the same remotes: rclone's servers of WebDAV and SFTP.
# It prints wall time and the CPU time of the whole machine, so nothing else may run. TREE is the source.
# RUNS (3) is the number of runs of each program, in turn. REMOTES is "webdav sftp".
# restic does not read its uploads back. So butcher runs twice: with --proof size, and by default.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
scripts/system-packages.sh rclone:rclone restic:restic >&2
TREE=$(realpath "${TREE:?the folder to back up}")
RUNS=${RUNS:-3}
npm run --silent build

work=$(mktemp -d)
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
    export RESTIC_CACHE_DIR=$work/cache-restic-$run RESTIC_REPOSITORY=rclone:$remote:restic-$run
    restic init --quiet --repository-version 2
    figure "$remote first backup, restic" restic backup --quiet "$TREE"
    figure "$remote nothing changed, restic" restic backup --quiet "$TREE"
    figure "$remote restore of all, restic" restic restore --quiet latest --target "$work/all"
    restored "$work/all$TREE"
    figure "$remote restore of one file, restic" restic restore --quiet latest --target "$work/one" --include "$TREE/$one"
    restored "$work/one$TREE"
    rm -rf "$work/all" "$work/one" "$work/$remote"/* "$work"/cache-*
  done
done
