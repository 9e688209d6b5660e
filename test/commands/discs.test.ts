import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { discs } from '../../src/commands/discs.ts'
import { tables } from '../../src/format/catalog-schema.ts'

test('the inventory tells each disc with its chunks, its dates and where it is', () => {
  const db = new Database(':memory:')
  db.exec(tables)
  db.exec(`
    INSERT INTO disc VALUES (2, 'B_0002', 'unlimited', NULL, NULL, 'open', NULL, NULL, NULL),
      (1, 'B_0001', 'cd', 700, 690, 'sealed', 1000, 2000, 'shelf B');
    INSERT INTO chunk VALUES (1, 1, 'a', 10, x'00', 1), (2, 1, 'b', 20, x'00', 1);
  `)
  expect(discs(db, new Map([[2, '/dest/disc-0002']]))).toEqual([
    { disc: 1, label: 'B_0001', state: 'sealed', medium: 'cd', bytes: 690, capacityBytes: 700, chunks: 2, burned: 1000, verified: 2000, location: 'shelf B', folder: undefined },
    { disc: 2, label: 'B_0002', state: 'open', medium: 'unlimited', bytes: null, capacityBytes: null, chunks: 0, burned: null, verified: null, location: null, folder: '/dest/disc-0002' },
  ]) // prettier-ignore
  db.close()
})
