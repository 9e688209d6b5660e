#!/usr/bin/env bash
# npm run lint, after oxlint: formatting takes longest, so it is checked beside the rest. Its result is cached by file.
set -euo pipefail
cd "$(dirname "$0")/.."

prettier --check --cache --cache-strategy content . &
formatting=$!
trap 'kill "$formatting" 2>/dev/null || true' EXIT
tsc --noEmit
knip --no-progress
wait "$formatting"
