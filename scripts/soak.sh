#!/usr/bin/env bash
# npm run test:soak: kills at random moments and random damage to discs, for long; KILLS, BYTES, DISCS, FLIPS
# and SEED by environment.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
npm run --silent build

node scripts/soak-kills.ts
node scripts/soak-flips.ts
