#!/usr/bin/env bash
# npm run test:retention [HISTORIES]: random histories of backups, forgets, prunes and kills. The default
# is 100. A failure prints its seed and path; RETENTION_SEED=... RETENTION_PATH=... runs it again.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/node_modules/.bin:$PATH
npm run --silent build
export RETENTION_HISTORIES=${1:-100} RETENTION_SEED=${RETENTION_SEED:-$((RANDOM * 32768 + RANDOM))}
echo "seed $RETENTION_SEED"
exec vitest run --config vitest.long.config.ts test/properties/retention.test.ts
