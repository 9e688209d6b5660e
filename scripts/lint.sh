#!/usr/bin/env bash
# npm run lint, after oxlint. The check of the formatting takes longest, so it runs beside the rest.
# prettier caches its result by the content of a file.
set -euo pipefail
cd "$(dirname "$0")/.."

prettier --check --cache --cache-strategy content . &
formatting=$!
trap 'kill "$formatting" 2>/dev/null || true' EXIT
tsc --noEmit
tsc -p tsconfig.page.json
knip --no-progress
wait "$formatting"
