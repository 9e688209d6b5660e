/** The catalog's tables and views; `docs/format.md` explains them. */

import { inPieces, maxPieces, pieceBytes, pieceFolder } from './piece.ts'
import { sqlMilliseconds, sqlNanoseconds } from './time-text.ts'

/** `PRAGMA user_version` of the catalogs that this program writes. */
export const catalogVersion = 1

/** `PRAGMA user_version` of a catalog with contents in pieces: an older program must not read it. */
export const piecesVersion = 2

/** `PRAGMA application_id`: "Btch". */
export const catalogApplicationId = 0x42746368

export const tables = `
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE backup(
  number INTEGER PRIMARY KEY, name TEXT, started INTEGER NOT NULL, finished INTEGER, source, files INTEGER, bytes INTEGER);
CREATE TABLE disc(
  number INTEGER PRIMARY KEY, label TEXT NOT NULL, medium TEXT NOT NULL, capacity INTEGER, bytes INTEGER,
  state TEXT NOT NULL, burned INTEGER, verified INTEGER, location TEXT, redundancy REAL);
CREATE TABLE copy(
  disc INTEGER NOT NULL, copy INTEGER NOT NULL, state TEXT NOT NULL, burned INTEGER, burner TEXT, verified INTEGER,
  location TEXT, PRIMARY KEY(disc, copy)) WITHOUT ROWID;
CREATE TABLE reading(
  disc INTEGER NOT NULL, copy INTEGER NOT NULL, at INTEGER NOT NULL, result TEXT NOT NULL, bytes INTEGER, damaged INTEGER,
  PRIMARY KEY(disc, copy, at)) WITHOUT ROWID;
CREATE TABLE spare(number INTEGER PRIMARY KEY, created INTEGER NOT NULL, bytes INTEGER NOT NULL, discs TEXT NOT NULL, location TEXT);
CREATE TABLE chunk(
  number INTEGER PRIMARY KEY, disc INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL,
  backup INTEGER NOT NULL);
CREATE TABLE content(
  id INTEGER PRIMARY KEY, size INTEGER NOT NULL, hash BLOB, parts INTEGER NOT NULL, chunk INTEGER);
CREATE TABLE part(
  content INTEGER NOT NULL, part INTEGER NOT NULL, chunk INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
  hash BLOB NOT NULL, PRIMARY KEY(content, part)) WITHOUT ROWID;
CREATE TABLE unfinished(
  content INTEGER PRIMARY KEY, path NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, inode INTEGER NOT NULL);
CREATE TABLE owner(id INTEGER PRIMARY KEY, uid INTEGER NOT NULL, gid INTEGER NOT NULL, user TEXT, grp TEXT);
CREATE UNIQUE INDEX owner_by_name ON owner(uid, gid, user, grp);
CREATE TABLE attribute(id INTEGER PRIMARY KEY, data TEXT NOT NULL UNIQUE);
CREATE TABLE entry(
  path NOT NULL, first INTEGER NOT NULL, last INTEGER, type TEXT NOT NULL, mode INTEGER NOT NULL, owner INTEGER NOT NULL,
  mtime INTEGER NOT NULL, ctime INTEGER, inode INTEGER, size INTEGER, content INTEGER, member TEXT, link, device TEXT,
  attributes INTEGER, sparse INTEGER, PRIMARY KEY(path, first)) WITHOUT ROWID;
CREATE TABLE root(
  backup INTEGER PRIMARY KEY, mode INTEGER NOT NULL, owner INTEGER NOT NULL, mtime INTEGER NOT NULL, attributes INTEGER);
CREATE TABLE problem(backup INTEGER NOT NULL, path NOT NULL, message TEXT NOT NULL, PRIMARY KEY(backup, path)) WITHOUT ROWID;
`

/** Besides `tables`, in a catalog with contents in pieces. */
export const pieceTables = `
CREATE TABLE piece(
  content INTEGER NOT NULL, part INTEGER NOT NULL, count INTEGER NOT NULL, stored INTEGER NOT NULL,
  PRIMARY KEY(content, part)) WITHOUT ROWID;
`

/**
 * Keys of `meta`: behind each is the number of a backup. The value is the time of the mark, as `started` is.
 */
export const forgottenKey = 'forgotten '
export const pinnedKey = 'pinned '

/** The numbers of the forgotten backups. */
export const forgottenNumbers = `SELECT CAST(substr(key, ${forgottenKey.length + 1}) AS INTEGER) FROM meta WHERE key GLOB '${forgottenKey}[0-9]*'`

const commonViews = `
CREATE VIEW backups(backup, name, started, finished, source, files, bytes) AS
  SELECT number, name, ${sqlMilliseconds('started')}, ${sqlMilliseconds('finished')}, source, files, bytes FROM backup
  WHERE number NOT IN (${forgottenNumbers});
CREATE VIEW discs(disc, label, medium, capacity, bytes, state, burned, verified, location) AS
  SELECT number, label, medium, capacity, bytes, state, ${sqlMilliseconds('burned')}, ${sqlMilliseconds('verified')}, location
  FROM disc;
CREATE VIEW chunks(chunk, disc, file, bytes, sha256) AS
  SELECT number, disc, 'chunks/' || name, bytes, lower(hex(sha256)) FROM chunk;
`

const planHead = `CREATE VIEW restore_plan(
  backup, path, type, mode, mtime, size, hash, link, part, parts, disc, chunk, member) AS
  `

const planColumns = `b.number, e.path, e.type, printf('%04o', e.mode), ${sqlNanoseconds('e.mtime')}, e.size,
    CASE WHEN c.hash IS NOT NULL THEN lower(hex(c.hash)) END,
    e.link,`

const entriesOfBackups = `entry e
  JOIN (SELECT number FROM backup WHERE number NOT IN (${forgottenNumbers})) b ON b.number >= e.first AND (e.last IS NULL OR b.number <= e.last)`

const storedPlan = `SELECT ${planColumns}
    CASE WHEN k.number IS NOT NULL THEN coalesce(p.part, 1) END,
    CASE WHEN k.number IS NOT NULL THEN c.parts END,
    k.disc, k.number,
    CASE
      WHEN k.number IS NULL THEN NULL
      WHEN p.part IS NULL THEN coalesce(e.member, e.path)
      ELSE coalesce(e.member, e.path) || printf('.butcher-part-%05d-of-%05d', p.part, c.parts)
    END
  FROM ${entriesOfBackups}
  LEFT JOIN content c ON c.id = e.content
  LEFT JOIN part p ON p.content = c.id AND e.type = 'file'
  LEFT JOIN chunk k ON k.number = coalesce(p.chunk, c.chunk) AND e.type = 'file'`

/**
 * One row for each part. A part of zeros has a number, and no disc, chunk and member. A part that the catalog
 * lacks has no number.
 */
const piecePlan = `SELECT ${planColumns}
    CASE WHEN p.stored IS NULL OR k.number IS NOT NULL THEN n.part END,
    CASE WHEN p.stored IS NULL OR k.number IS NOT NULL THEN c.parts END,
    k.disc, k.number,
    CASE WHEN k.number IS NOT NULL THEN printf('${pieceFolder}/%010d', s.id) END
  FROM ${entriesOfBackups}
  JOIN content c ON c.id = e.content AND c.chunk = ${inPieces}
  JOIN (
    WITH RECURSIVE number(part) AS (
      SELECT 1 UNION ALL
      SELECT part + 1 FROM number WHERE part < (SELECT min(max(parts), ${maxPieces}) FROM content WHERE chunk = ${inPieces}))
    SELECT part FROM number) n ON n.part <= c.parts
  LEFT JOIN piece p ON p.content = c.id
    AND p.part = (SELECT max(part) FROM piece WHERE content = c.id AND part <= n.part) AND n.part < p.part + p.count
  LEFT JOIN content s ON s.id = p.stored + n.part - p.part
  LEFT JOIN chunk k ON k.number = s.chunk
  WHERE e.type = 'file'`

export const views = `${commonViews}${planHead}${storedPlan};
`

/** The same views, of a catalog with contents in pieces. */
export const viewsWithPieces = `${commonViews}${planHead}${storedPlan}
  WHERE e.type <> 'file' OR c.chunk IS NOT ${inPieces}
  UNION ALL
  ${piecePlan};
`

/** Contents in pieces as if they were in parts: a view in the place of the table `part`, for queries. */
export const partsWithPieces = `CREATE TEMP VIEW part AS
  SELECT content, part, chunk, offset, size, hash FROM main.part
  UNION ALL
  SELECT p.content, p.part + s.id - p.stored, s.chunk, (p.part + s.id - p.stored - 1) * ${pieceBytes}, s.size, s.hash
  FROM piece p JOIN content s ON s.id >= p.stored AND s.id < p.stored + p.count`
