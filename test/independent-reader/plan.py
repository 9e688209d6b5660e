"""What is to be restored: the same from a catalog and from manifests."""

import base64
import json
import os
from dataclasses import dataclass, field


@dataclass
class Piece:
    """One member that holds a content or a part of it; or, without a chunk, a piece of zeros."""

    chunk: int | None
    member: bytes
    sha256: str | None = None


@dataclass
class Item:
    """One path of the backup. `mtime` in nanoseconds; `owner` is (uid, gid, user, group)."""

    path: bytes
    type: str
    mode: int
    mtime: int
    owner: tuple | None = None
    size: int | None = None
    hash: str | None = None
    link: bytes | None = None
    device: str | None = None
    sparse: bool = False
    # Extended attributes: name to value, both bytes.
    attributes: dict = field(default_factory=dict)
    pieces: list = field(default_factory=list)


def attributes_from(data):
    """Of the JSON that the catalog has, or what it says: name to value in base64."""
    told = json.loads(data) if isinstance(data, (str, bytes)) else data or {}
    return {os.fsencode(name): base64.b64decode(value) for name, value in told.items()}


@dataclass
class Plan:
    """`root` is the Item of the source directory itself, where it is known; `files` the chunk files by number."""

    items: list
    root: Item | None
    files: dict
