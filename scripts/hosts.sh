#!/usr/bin/env bash
# npm run test:hosts: three network namespaces as three hosts. One has Redis and the writer, two have workers.
# Each round kills, stops or cuts off some of them. The environment sets ROUNDS (100) and SEED. It needs root,
# and the packages redis-server, iproute2 and gcc.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
for program in redis-server:redis-server ip:iproute2 gcc:gcc; do
  command -v "${program%:*}" >/dev/null || { echo "${program%:*} is missing: install ${program#*:}" >&2; exit 1; }
done
npm run --silent build
node scripts/hosts/rounds.ts
