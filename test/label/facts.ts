import type { LabelFacts } from '../../src/label/label-facts.ts'

/** Facts of a disc like any other. */
export const someFacts: LabelFacts = {
  setId: '00112233445566778899aabbccddeeff',
  title: 'Photographs',
  disc: 3,
  discCount: 12,
  copy: { number: 1, of: 2 },
  label: 'BUTCHER_00112233_0003',
  medium: 'bd25',
  capacityBytes: 24_220_008_448,
  backups: [1, 2, 3, 4],
  days: ['2025-03-01', '2026-11-20'],
  burned: '2026-11-21',
  files: 123_456,
  sourceBytes: 24_000_000_000,
  chunks: 25,
  storedBytes: 23_900_000_000,
  encryption: 'both',
}
