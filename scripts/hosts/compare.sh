#!/usr/bin/env bash
# npm run bench:workers [FOLDER]: one process with two cores against two workers with a core each, which the
# writer feeds by a queue. By turns, ROUNDS times (3). It needs an idle machine, redis-server and taskset.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/install.sh
npm run --silent build

source=$(realpath "${1:-node_modules}")
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
redis-server --port 6399 --save '' --dir "$folder" --logfile "$folder/redis.log" &
for core in 0 1; do
  taskset -c "$core" node bin/butcher.js worker --queue redis://127.0.0.1:6399 --jobs 1 --quiet &
done
sleep 5
words=("$source" "$folder/set" --medium unlimited --no-encrypt --chunk-size "${CHUNK:-25MB}" --quiet)
du -sh "$source"
for _ in $(seq "${ROUNDS:-3}"); do
  for how in one queue; do
    rm -rf "$folder/set"
    sync
    more=()
    [ "$how" = one ] || more=(--queue redis://127.0.0.1:6399)
    began=$(date +%s.%N)
    node bin/butcher.js backup "${words[@]}" "${more[@]}" 2>>"$folder/log" || { tail -3 "$folder/log"; exit 1; }
    awk -v how="$how" -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%s %.1f s\n", how, b - a }'
  done
done
