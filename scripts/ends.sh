#!/usr/bin/env bash
# npm run test:ends: every kind of command, again and again, beside busy loops; counts the processes that do
# not end. RUNS rounds of all kinds (default 100), BUSY loops beside them (default 10).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
npm run --silent build

runs=${RUNS:-100} busy=${BUSY:-10} butcher=$PWD/bin/butcher.js
work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-ends.XXXXXX")
loops=()
trap 'kill "${loops[@]}" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
mkdir source
for i in $(seq 60); do seq $((i * 50)) >"source/$i"; done
export BUTCHER_PASSPHRASE=ends
node "$butcher" backup source set --medium 2MB --chunk-size 100kB --quiet
for ((i = 0; i < busy; i++)); do
  (while :; do :; done) &
  loops+=($!)
done

declare -A ended
hung=0
# An end that takes ten minutes is a hang: on this many busy loops a command takes seconds.
end() {
  local status=0
  timeout --signal=KILL 600 node "$butcher" "$@" >/dev/null 2>&1 || status=$?
  ended[$1]=$((${ended[$1]:-0} + 1))
  if ((status == 137)); then
    hung=$((hung + 1))
    echo "hung: butcher $*"
  fi
}
for ((run = 1; run <= runs; run++)); do
  rm -rf out new.sqlite labels.pdf index.html copy set/*.iso
  cp -r set copy
  echo "$run" >source/changing
  end backup source copy --quiet
  end restore set out --quiet
  end rebuild set/disc-* new.sqlite --quiet
  end verify set/disc-0001
  end iso set 1 --quiet
  end label set --out labels.pdf --quiet
  end index set index.html --quiet
  for words in --version '--help' 'list set' 'log set' 'find set 7' 'discs set' 'doctor' 'list nowhere' bakup; do
    # shellcheck disable=SC2086
    end $words
  done
done
for kind in "${!ended[@]}"; do echo "$kind: ${ended[$kind]} ends"; done | sort
echo "$hung hung"
((hung == 0))
