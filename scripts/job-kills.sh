#!/usr/bin/env bash
# npm run test:job-kills: kills the daemon, runs and their backups at random moments.
# The environment sets KILLS and SEED.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
npm run --silent build

node scripts/job-kills.ts
