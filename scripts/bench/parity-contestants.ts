/** Parity of 10 % over all of $SRC as one file, with as many recovery blocks as a full disc gets. */

import type { Contestant } from './contestants.ts'

const recoveryBlocks = 512
const setUp = `tar -C "$SRC" -cf "$STATE/data" .
bytes=$(stat -c %s "$STATE/data")
echo $(((bytes / 9 / ${recoveryBlocks} / 65536 + 1) * 65536)) >"$STATE/block"`
const before = 'rm -f "$STATE"/*.par2'
const check = 'par2 verify -q "$STATE/set.par2" >"$STATE/said"'

export const parity = {
  butcher: {
    name: 'butcher, parity',
    setUp,
    before,
    run: `node "$PARITY" "$STATE" data "$(cat "$STATE/block")" ${recoveryBlocks}`,
    check,
  },
  par2: {
    name: 'par2 create',
    setUp,
    before,
    run: `par2 create -q -s"$(cat "$STATE/block")" -c${recoveryBlocks} -n1 -m256 "$STATE/set.par2" "$STATE/data" >"$STATE/said"`,
    check,
  },
} satisfies Record<string, Contestant>
