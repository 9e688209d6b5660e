"""The newest catalog, and what it says of one backup.

docs/format.md, section 3: the views where they say it, the tables for owners, devices and the root.
"""

import calendar
import datetime
import os
import sqlite3
import urllib.parse

from chunks import Opened, Trouble
from plan import attributes_from, Item, Piece, Plan

NAMES = (b"catalog.sqlite", b"catalog.sqlite.bz2", b"catalog.sqlite.bz2.gpg")
APPLICATION_ID = 0x42746368
NEWEST_FORMAT = 2


def newest_catalog(discs, secrets, work):
    """An open database: of the catalogs found, the one with the highest revision."""
    found = []
    for disc in discs:
        for name in NAMES:
            path = os.path.join(disc, name)
            if os.path.isfile(path):
                plain = os.path.join(work, b"catalog-%d" % len(found))
                try:
                    unpack(path, plain, secrets)
                    database = open_database(plain)
                except (Trouble, OSError, EOFError, sqlite3.DatabaseError) as error:
                    print(f"passed over {os.fsdecode(path)}: {error}")
                    continue
                meta = {key.decode(): value for key, value in database.execute("SELECT key, value FROM meta")}
                found.append((int(meta["revision"]), len(found), meta["set"], database))
    if not found:
        raise Trouble("no catalog that can be read")
    if len({set_id for _, _, set_id, _ in found}) > 1:
        raise Trouble("the discs are of several sets")
    return max(found)[3]


def unpack(path, plain, secrets):
    opened = Opened(path, secrets)
    try:
        with open(plain, "xb") as out:
            while piece := opened.stream.read(1 << 20):
                out.write(piece)
        opened.finish()
    finally:
        opened.close()


def open_database(path):
    database = sqlite3.connect(f"file:{urllib.parse.quote(path)}?mode=ro&immutable=1", uri=True)
    # TEXT and BLOB are both bytes then, as paths are.
    database.text_factory = bytes
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Trouble("not a catalog")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > NEWEST_FORMAT:
        raise Trouble(f"format {version} is newer than this reader")
    return database


def plan_from_catalog(database, at, chunks):
    backup = at if at is not None else newest_backup(database)
    if database.execute("SELECT 1 FROM backups WHERE backup = ?", (backup,)).fetchone() is None:
        raise Trouble(f"there is no backup {backup}")
    owners = {
        number: (uid, gid, user, group)
        for number, uid, gid, user, group in database.execute("SELECT id, uid, gid, user, grp FROM owner")
    }
    return Plan(items_of(database, backup, owners), root_of(database, backup, owners), files_of(database, backup, chunks))


def newest_backup(database):
    """The newest that is complete; of a set without one the newest."""
    row = database.execute("SELECT backup FROM backups ORDER BY finished IS NULL, backup DESC LIMIT 1").fetchone()
    if row is None:
        raise Trouble("the catalog has no backup")
    return row[0]


def items_of(database, backup, owners):
    beyond_the_view = {
        path: (owners[owner], device, sparse == 1, attributes_from(attributes))
        for path, owner, device, sparse, attributes in database.execute(
            "SELECT path, owner, device, sparse, data FROM entry LEFT JOIN attribute ON attribute.id = entry.attributes WHERE first <= ?1 AND (last IS NULL OR last >= ?1)", (backup,)
        )
    }
    items = {}
    for path, type_, mode, mtime, size, hash_, link, part, parts, chunk, member in database.execute(
        "SELECT path, type, mode, mtime, size, hash, link, part, parts, chunk, member FROM restore_plan"
        " WHERE backup = ? ORDER BY part",
        (backup,),
    ):
        item = items.get(path)
        if item is None:
            owner, device, sparse, attributes = beyond_the_view[path]
            item = items[path] = Item(
                path, type_.decode(), int(mode, 8), nanoseconds(mtime.decode()), owner, size,
                hash_ and hash_.decode(), link, device and device.decode(), sparse, attributes,
            )
        if item.type == "file":
            # A piece of zeros has a number and no chunk; what the catalog lacks has neither.
            if chunk is None and part is None:
                raise Trouble(f"{os.fsdecode(path)}: the plan names no chunk")
            item.pieces.append(Piece(chunk, member))
            if len(item.pieces) > parts:
                raise Trouble(f"{os.fsdecode(path)}: more rows than parts")
    return list(items.values())


def root_of(database, backup, owners):
    row = database.execute(
        "SELECT mode, owner, mtime, data FROM root LEFT JOIN attribute ON attribute.id = root.attributes WHERE backup = ?",
        (backup,),
    ).fetchone()
    return row and Item(b"", "dir", row[0], row[2], owners[row[1]], attributes=attributes_from(row[3]))


def files_of(database, backup, chunks):
    """The files of the chunks that this backup needs; each is looked at byte by byte before it is trusted."""
    return {
        number: chunks.with_sha256(os.path.basename(file), size, sha256.decode())
        for number, file, size, sha256 in database.execute(
            "SELECT chunk, file, bytes, sha256 FROM chunks"
            " WHERE chunk IN (SELECT chunk FROM restore_plan WHERE backup = ?)",
            (backup,),
        )
    }


def nanoseconds(text):
    """Of ISO 8601 in UTC with nine decimals."""
    whole, decimals = text.rstrip("Z").split(".")
    moment = datetime.datetime.fromisoformat(whole)
    return calendar.timegm(moment.timetuple()) * 10**9 + int(decimals.ljust(9, "0"))
