"""What the chunks themselves say of one backup, without any catalog.

docs/format.md, section 4.
"""

import json
import os

from chunks import Trouble, sha256_of
from plan import attributes_from, Item, Piece, Plan


class Told:
    """The lines of all manifests, applied in order."""

    def __init__(self):
        self.files = {}
        self.hash_of_file = {}
        self.meta = {}
        # When each ended, None of one that is not known to be complete.
        self.backups = {}
        self.contents = {}
        self.parts = {}
        # The runs of pieces of each content.
        self.runs = {}
        self.entries = {}
        # What stands in for a content whose discs are lost, and its member.
        self.replaced = {}
        self.roots = {}

    def apply(self, line):
        kind = line["t"]
        if kind == "meta":
            self.meta[line["key"]] = line["value"]
        elif kind == "backup":
            self.note_backup(line["number"], line["finished"])
        elif kind == "end":
            self.note_backup(line["backup"], line["finished"])
        elif kind == "stored":
            self.hash_of_file[line["chunk"]] = line["sha256"]
        elif kind == "content":
            self.contents[line["id"]] = line
        elif kind == "part":
            self.parts.setdefault(line["content"], {})[line["part"]] = line
        elif kind == "pieces":
            self.runs.setdefault(line["content"], []).extend(line["runs"])
        elif kind == "entry":
            self.end(line["path"], line["first"])[line["first"]] = (line, None)
        elif kind == "kept":
            self.entries.setdefault(line["path"], {})[line["first"]] = (line, line["last"])
        elif kind == "gone":
            self.end(line["path"], line["backup"])
        elif kind == "replaced":
            self.replaced[line["content"]] = (line["by"], line["member"])
        elif kind == "root":
            self.roots[line["backup"]] = line

    def note_backup(self, number, finished):
        if self.backups.get(number) is None:
            self.backups[number] = finished

    def end(self, path, backup):
        """The row of the path that goes on into this backup ends before it."""
        rows = self.entries.setdefault(path, {})
        for first, (line, last) in rows.items():
            if first < backup and last is None:
                rows[first] = (line, backup - 1)
        if backup in rows:
            del rows[backup]
        return rows

    def entries_at(self, backup):
        for rows in self.entries.values():
            for first, (line, last) in rows.items():
                if first <= backup and (last is None or backup <= last):
                    yield line


def told_by_chunks(chunks):
    told = Told()
    sets = set()
    manifests = {}
    for name, paths in sorted(chunks.by_name.items()):
        for path in paths:
            try:
                lines = manifest_of(chunks, path)
                break
            except Trouble as trouble:
                print(f"passed over {trouble}")
        else:
            continue
        head = lines[0]
        sets.add(head["set"])
        if head["t"] != "chunk" or head["format"] > 2 or head["chunk"] != int(name[: name.index(b".")]):
            raise Trouble(f"{os.fsdecode(path)}: its manifest is of something else")
        manifests[head["chunk"]] = (path, lines)
    if len(sets) > 1:
        raise Trouble("the discs are of several sets")
    # A checkpoint says all that the manifests before it say, of the chunks that are left.
    begin = max([number for number, (_, lines) in manifests.items() if is_checkpoint(lines)], default=0)
    left = {line["chunk"] for line in manifests[begin][1] if line["t"] == "stored"} if begin else set()
    for number, (path, lines) in sorted(manifests.items()):
        if number >= begin or number in left:
            told.files[number] = path
        if number >= begin:
            if not is_checkpoint(lines):
                told.note_backup(lines[0]["backup"], None)
            for line in lines[1:]:
                told.apply(line)
    for number, path in told.files.items():
        if told.hash_of_file.get(number, sha256_of(path)) != sha256_of(path):
            raise Trouble(f"{os.fsdecode(path)}: not the chunk that a later one tells of")
    return told


def is_checkpoint(lines):
    return any(line["t"] == "checkpoint" for line in lines)


def manifest_of(chunks, path):
    number = int(os.path.basename(path).split(b".")[0])
    wanted = b".butcher/manifest-%08d.jsonl" % number
    lines = None
    for name, _, content in chunks.members(path):
        if name == wanted and content is not None:
            lines = [json.loads(line) for line in content.read().decode("utf-8").split("\n") if line]
    if not lines:
        raise Trouble(f"{os.fsdecode(path)}: no manifest")
    return lines


def plan_from_manifests(told, at):
    if not told.backups:
        raise Trouble("no chunk that can be read")
    backup = at if at is not None else max(told.backups, key=lambda number: (told.backups[number] is not None, number))
    if backup not in told.backups:
        raise Trouble(f"no chunk knows of a backup {backup}")
    items = [item_of(told, entry) for entry in told.entries_at(backup)]
    return Plan(items, root_of(told.roots.get(backup)), told.files)


def root_of(line):
    return line and Item(b"", "dir", line["mode"], int(line["mtime"]), owner_of(line), attributes=attributes_from(line.get("attributes")))


def owner_of(line):
    return line["uid"], line["gid"], line["user"], line["group"]


def item_of(told, entry):
    item = Item(
        to_bytes(entry["path"]), entry["type"], entry["mode"], int(entry["mtime"]),
        owner_of(entry), entry["size"], link=to_bytes(entry["link"]), device=entry["device"],
        sparse=entry.get("sparse", False), attributes=attributes_from(entry.get("attributes")),
    )
    if item.type == "file":
        number, name = entry["content"], to_bytes(entry["member"]) or item.path
        while number in told.replaced and told.replaced[number][0] in told.contents:
            number, member = told.replaced[number]
            name = to_bytes(member)
        content = told.contents[number]
        item.hash = content["hash"]
        item.size = content["size"]
        if content["chunk"] == 0:
            item.pieces = pieces_of(told, number, content["parts"])
        elif content["parts"] == 1:
            item.pieces = [Piece(content["chunk"], name)]
        else:
            rows = told.parts.get(number, {})
            for part in range(1, content["parts"] + 1):
                if part not in rows:
                    raise Trouble(f"{os.fsdecode(item.path)}: nothing tells of part {part} of {content['parts']}")
                member = name + b".butcher-part-%05d-of-%05d" % (part, content["parts"])
                item.pieces.append(Piece(rows[part]["chunk"], member, rows[part]["hash"]))
    return item


def pieces_of(told, number, parts):
    pieces = [Piece(None, b"") for _ in range(parts)]
    for part, count, stored in told.runs.get(number, []):
        for i in range(count):
            content = told.contents.get(stored + i)
            if content is None:
                raise Trouble(f"nothing tells of piece {part + i} of content {number}")
            pieces[part + i - 1] = Piece(content["chunk"], b".butcher-pieces/%010d" % (stored + i), content["hash"])
    return pieces


def to_bytes(text):
    """A byte that is not UTF-8 is a lone surrogate in the JSON."""
    return None if text is None else text.encode("utf-8", "surrogateescape")
