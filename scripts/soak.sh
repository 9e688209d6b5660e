#!/usr/bin/env bash
# npm run test:soak: kills at random moments, for long; KILLS, BYTES, DISCS and SEED by environment.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
npm run --silent build

node scripts/soak-kills.ts
