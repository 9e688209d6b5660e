#!/usr/bin/env bash
# property.sh [SECONDS]: random histories with a random seed, for ten minutes or as long as given.
# A failure prints its seed and path; PROPERTY_SEED=... PROPERTY_PATH=... runs it again.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/node_modules/.bin:$PATH
export PROPERTY_SECONDS=${1:-600} PROPERTY_SEED=${PROPERTY_SEED:-$((RANDOM * 32768 + RANDOM))}
echo "seed $PROPERTY_SEED"
exec vitest run test/properties
