import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { discs, dueDiscs } from '../../../src/commands/catalog/discs.ts'
import { tables } from '../../../src/format/catalog-schema.ts'

test('the inventory tells each disc with its chunks, its dates and where it is', () => {
  const db = new Database(':memory:')
  db.exec(tables)
  db.exec(`
    INSERT INTO disc VALUES (2, 'B_0002', 'unlimited', NULL, NULL, 'open', NULL, NULL, NULL, NULL),
      (1, 'B_0001', 'cd', 700, 690, 'sealed', 1000, 2000, 'shelf B', NULL);
    INSERT INTO chunk VALUES (1, 1, 'a', 10, x'00', 1), (2, 1, 'b', 20, x'00', 1);
  `)
  expect(discs(db, new Map([[2, '/dest/disc-0002']]))).toEqual([
    { disc: 1, label: 'B_0001', state: 'sealed', medium: 'cd', bytes: 690, capacityBytes: 700, chunks: 2, burned: 1000, verified: 2000, location: 'shelf B', folder: undefined, copies: [] },
    { disc: 2, label: 'B_0002', state: 'open', medium: 'unlimited', bytes: null, capacityBytes: null, chunks: 0, burned: null, verified: null, location: null, folder: '/dest/disc-0002', copies: [] },
  ])
  expect(dueDiscs(db, 5000, new Map([[2, '/dest/disc-0002']]))).toMatchObject([{ disc: 1, copy: null, state: 'sealed' }])
  db.exec(`INSERT INTO copy VALUES (1, 1, 'verified', 1000, 'W', 2000, 'shelf'), (1, 2, 'damaged', 1000, NULL, NULL, NULL);
    INSERT INTO reading VALUES (1, 1, 2000, 'sound', 5, 0), (1, 2, 1500, 'sound', 5, 0), (1, 2, 2500, 'damaged', 5, 2);`)
  expect(discs(db)[0]?.copies).toEqual([
    { copy: 1, state: 'verified', burned: 1000, burner: 'W', location: 'shelf', reading: { at: 2000, result: 'sound', damagedFiles: 0 } },
    { copy: 2, state: 'damaged', burned: 1000, burner: null, location: null, reading: { at: 2500, result: 'damaged', damagedFiles: 2 } },
  ])
  expect(dueDiscs(db, 2000, new Map([[2, '']])).map(({ disc, copy }) => [disc, copy])).toEqual([[1, 2]])
  db.close()
}) // prettier-ignore

test('a reading under a wrong clock does not hide that a copy is due', () => {
  const db = new Database(':memory:')
  db.exec(tables)
  db.exec(`
    INSERT INTO disc VALUES (1, 'B_0001', 'cd', 700, 690, 'verified', 1000, 9000, NULL, NULL);
    INSERT INTO copy VALUES (1, 1, 'verified', 1000, 'W', 9000, NULL), (1, 2, 'verified', 1000, 'W', 10, NULL);
    INSERT INTO reading VALUES (1, 1, 9000, 'sound', 5, 0), (1, 2, 4500, 'sound', 5, 0), (1, 2, 10, 'sound', 5, 0);
  `)
  const due = (before: number): unknown[] => dueDiscs(db, before, new Map(), 5000).map(({ copy }) => copy)
  // Copy 1 was read in the future. Copy 2 was read at 4500, then under a clock that was behind.
  expect(due(4000)).toEqual([1])
  expect(due(4800)).toEqual([1, 2])
  db.close()
})
