#!/usr/bin/env bash
# npm run test:parity: a disc of 100 MB with 10 % parity, scratched in several places, and mended; other sizes
# by environment, see parity.ts.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh par2:par2 xorriso:xorriso
. scripts/install.sh

node scripts/parity.ts
