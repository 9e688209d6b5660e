#!/usr/bin/env bash
# npm run test:remote-kills: kills butcher, or the server of its store, at random moments.
# The environment sets KILLS, SERVER and SEED.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
npm run --silent build

node scripts/remote-kills.ts
