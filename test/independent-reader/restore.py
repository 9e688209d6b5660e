"""Makes a tree out of a plan."""

import grp
import hashlib
import os
import pwd

from chunks import PIECE, Trouble

BLOCK = 4096
PIECE_OF_FILE = 1 << 20
KEPT = (b"user.", b"trusted.", b"security.", b"system.posix_acl_access", b"system.posix_acl_default")
OF_THE_SYSTEM = (b"security.selinux", b"security.apparmor", b"security.SMACK64", b"security.ima", b"security.evm")


def restore(plan, chunks, out, work):
    os.mkdir(out)
    taken = take_members(plan, chunks, work)
    # A parent comes before what is in it: its path is shorter.
    for item in sorted(plan.items, key=lambda item: item.path.count(b"/")):
        if item.type != "hardlink":
            make(item, place_of(item.path, out), taken)
    for item in plan.items:
        if item.type == "hardlink":
            os.link(place_of(item.link, out), place_of(item.path, out), follow_symlinks=False)
    # What is in a folder changes the folder's time: the deepest first, the root last.
    for item in sorted(plan.items, key=lambda item: -item.path.count(b"/")):
        if item.type not in ("hardlink", "socket"):
            dress(item, place_of(item.path, out))
    if plan.root is not None:
        dress(plan.root, out)


def take_members(plan, chunks, work):
    """All members that the plan wants, each as a file in the work folder: {(chunk, member): its path}."""
    wanted = {}
    for item in plan.items:
        for piece in item.pieces:
            if piece.chunk is None:
                continue
            wanted.setdefault(piece.chunk, {})[piece.member] = piece
    taken = {}
    for number in sorted(wanted):
        if number not in plan.files:
            raise Trouble(f"chunk {number}: not on the discs given")
        for name, _, content in chunks.members(plan.files[number]):
            if name in wanted[number] and content is not None:
                path = os.path.join(work, b"member-%d" % len(taken))
                with open(path, "wb") as file:
                    while data := content.read(PIECE):
                        write_with_holes(file, data)
                    file.truncate()
                taken[number, name] = path
    return taken


def place_of(path, out):
    names = path.split(b"/")
    if not path or any(name in (b"", b".", b"..") for name in names):
        raise Trouble(f"{path!r}: not a path below the source")
    return os.path.join(out, path)


def make(item, place, taken):
    if item.type == "dir":
        os.mkdir(place, 0o700)
    elif item.type == "symlink":
        os.symlink(item.link, place)
    elif item.type == "fifo":
        os.mkfifo(place)
    elif item.type in ("chardev", "blockdev"):
        major, minor = map(int, item.device.split(","))
        os.mknod(place, 0o020000 if item.type == "chardev" else 0o060000, os.makedev(major, minor))
    elif item.type == "file":
        write_file(item, place, taken)
    elif item.type != "socket":
        raise Trouble(f"{os.fsdecode(item.path)}: a {item.type} is not known")


def write_file(item, place, taken):
    whole = hashlib.new("sha512" if len(item.hash) == 128 else "sha256")
    size = 0
    with open(place, "xb") as out:
        for piece in item.pieces:
            if piece.chunk is None:
                zeros = bytes(min(PIECE_OF_FILE, item.size - size))
                whole.update(zeros)
                size += len(zeros)
                write_with_holes(out, zeros) if item.sparse else out.write(zeros)
                continue
            path = taken.get((piece.chunk, piece.member))
            if path is None:
                raise Trouble(f"{os.fsdecode(item.path)}: chunk {piece.chunk} has no member {os.fsdecode(piece.member)}")
            with open(path, "rb") as part:
                while data := part.read(PIECE):
                    whole.update(data)
                    size += len(data)
                    if item.sparse:
                        write_with_holes(out, data)
                    else:
                        out.write(data)
        out.truncate()
    if size != item.size or whole.hexdigest() != item.hash:
        raise Trouble(f"{os.fsdecode(item.path)}: not what was backed up")


def write_with_holes(file, data):
    """Blocks of zeros are passed over; the one who writes cuts the file off behind the last."""
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        if block.count(0) != len(block):
            file.write(block)
        else:
            file.seek(len(block), os.SEEK_CUR)


def dress(item, place):
    """Owner, mode, attributes and time, in this order: a change of owner takes the setuid bit and capabilities away."""
    if os.geteuid() == 0 and item.owner is not None:
        uid, gid, user, group = item.owner
        os.chown(place, number_of(user, uid, lambda name: pwd.getpwnam(name).pw_uid),
                 number_of(group, gid, lambda name: grp.getgrnam(name).gr_gid), follow_symlinks=False)
    if item.type != "symlink":
        os.chmod(place, item.mode)
    for name, value in item.attributes.items():
        if name.startswith(KEPT) and not name.startswith(OF_THE_SYSTEM):
            set_attribute(place, name, value)
    os.utime(place, ns=(item.mtime, item.mtime), follow_symlinks=False)


def set_attribute(place, name, value):
    try:
        os.setxattr(place, name, value, follow_symlinks=False)
    except PermissionError:
        print(f"{os.fsdecode(place)}: only root may set {os.fsdecode(name)}")


def number_of(name, number, look_up):
    """A name that this system has counts for more than the number, as with tar."""
    try:
        return look_up(name if isinstance(name, str) else os.fsdecode(name)) if name else number
    except KeyError:
        return number
