#!/usr/bin/env bash
# npm run test:spares [-- MB]: four discs of so many MB (100 if not given) and a spare: each of them lost and
# made again, by butcher and by the script in the spare's README.txt; a run that is killed; then a disc lost
# for good, and replaced. Tells the speed. Takes some 15 times the room of a disc under ${TMPDIR:-/tmp}.
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-100}
. scripts/install.sh
npm run --silent build

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-spares.XXXXXX")
trap 'rm -rf "$work"' EXIT
export BUTCHER_PASSPHRASE=secret
root=$PWD
butcher() { node "$root/bin/butcher.js" "$@"; }
say() { printf '\n--- %s\n' "$*"; }
# speed NAME SECONDS MB
speed() { awk -v n="$1" -v s="$2" -v m="$3" 'BEGIN { printf "%s: %.0f MB in %.2f s, %.0f MB/s\n", n, m, s, m / s }'; }
seconds() { node -pe 'JSON.parse(require("fs").readFileSync(0, "utf8").trim().split("\n").at(-1)).seconds'; }

cd "$work"
mkdir photos
for ((i = 1; i <= size * 39 / 10 / 5; i++)); do head -c 4900000 /dev/urandom >"photos/$(printf %03d "$i")"; done
say backup
butcher backup photos discs --medium "${size}MB" --chunk-size 10MB
[ "$(ls -d discs/disc-* | wc -l)" = 4 ]

say a spare, killed at some moment, and made then
for delay in 0.3 0.6 0.9 1.2; do
  setsid node "$root/bin/butcher.js" spare discs 1-4 --quiet &
  sleep "$delay"
  kill -KILL -- "-$!" 2>/dev/null || true
  wait "$!" || true
  [ -z "$(ls discs/.butcher/new)" ] || echo "killed after $delay s, in work: $(ls discs/.butcher/new)"
  [ ! -e discs/spare-0001 ] || break
done
if [ -e discs/spare-0001 ]; then (cd discs/spare-0001 && sha256sum -c --quiet SHA256SUMS); fi
before=$(sha256sum discs/disc-000[1234]/SHA256SUMS)
butcher spare discs 1-4 --json >spare.json
spare=discs/$(ls discs | grep '^spare' | tail -n 1)
(cd "$spare" && sha256sum -c --quiet SHA256SUMS)
speed "made of 4 discs" "$(seconds <spare.json)" $((size * 4))
butcher discs discs

say each disc again
for n in 1 2 3 4; do
  mv "discs/disc-000$n" lost
  butcher recover "$n" discs again --json >recover.json
  speed "disc $n" "$(seconds <recover.json)" $((size * 4))
  diff -r lost again
  start=$(date +%s.%N)
  (
    cd "$spare"
    sed -n '/^# recover.py:/,/^# end/p' README.txt >"$work/recover.py"
  )
  for m in 1 2 3 4; do [ "$m" = "$n" ] || echo "$PWD/discs/disc-000$m"; done |
    python3 recover.py "$n" by-hand "$spare" >/dev/null
  speed "by hand" "$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')" $((size * 4))
  diff -r lost by-hand
  mv lost "discs/disc-000$n"
  rm -r again by-hand
done

say next backup
head -c 100000 /dev/urandom >photos/new
butcher backup photos discs --medium "${size}MB" --chunk-size 10MB --quiet
[ "$before" = "$(sha256sum discs/disc-000[1234]/SHA256SUMS)" ]

say lost for good
rm -r discs/disc-0002 discs/spare-*
rm "photos/$(ls photos | head -n 1)"
butcher discs discs --if-lost 2 | tail -n 3
status=0
butcher backup photos discs --medium "${size}MB" --chunk-size 10MB --replace-disc 2 || status=$?
[ "$status" = 0 ] || [ "$status" = 3 ]
butcher restore discs restored
diff -r photos restored
butcher discs discs
say done
