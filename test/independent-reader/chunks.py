"""The stored files: find them, decrypt, decompress, read the tar.

docs/format.md, section 2.
"""

import bz2
import gzip
import hashlib
import lzma
import os
import subprocess
import tarfile

PIECE = 1 << 20


class Trouble(Exception):
    """What is wrong with the discs, in one line."""


class Secrets:
    """A gpg with a home of its own, so that nothing of the user's keyring is read or changed."""

    def __init__(self, home, passphrase_file=None, private_key=None):
        self.home = home
        self.passphrase_file = passphrase_file
        os.mkdir(home, 0o700)
        if private_key is not None:
            subprocess.run(self._gpg() + ["--import", private_key], check=True, stderr=subprocess.DEVNULL)

    def _gpg(self):
        command = ["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty"]
        if self.passphrase_file is not None:
            command += ["--pinentry-mode", "loopback", "--passphrase-file", self.passphrase_file]
        return command

    def decrypting(self, stored):
        return subprocess.Popen(
            self._gpg() + ["--decrypt"], stdin=stored, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], stderr=subprocess.DEVNULL, check=False)


class Opened:
    """The bytes that a stored file holds, as its name says; `finish` reads to the end and asks the programs if all was well."""

    def __init__(self, path, secrets):
        self.path = path
        self.programs = []
        self.files = [open(path, "rb")]
        name = os.path.basename(path)
        stream = self.files[0]
        if name.endswith(b".gpg"):
            name = name[:-4]
            stream = self._through(secrets.decrypting(stream))
        if name.endswith(b".bz2"):
            stream = bz2.BZ2File(stream)
        elif name.endswith(b".gz"):
            stream = gzip.GzipFile(fileobj=stream)
        elif name.endswith(b".xz"):
            stream = lzma.LZMAFile(stream)
        elif name.endswith(b".zst"):
            stream = self._through(subprocess.Popen(["zstd", "-dcq"], stdin=stream, stdout=subprocess.PIPE))
        self.stream = stream

    def _through(self, program):
        self.programs.append(program)
        self.files.append(program.stdout)
        return program.stdout

    def finish(self):
        while self.stream.read(PIECE):
            pass
        for program in self.programs:
            if program.wait() != 0:
                raise Trouble(f"{os.fsdecode(self.path)}: {program.args[0]} says {program.returncode}")

    def close(self):
        for file in self.files:
            file.close()
        for program in self.programs:
            program.wait()


class Chunks:
    """All chunk files below the places given, by name."""

    def __init__(self, discs, secrets):
        self.secrets = secrets
        self.by_name = {}
        for disc in discs:
            folder = os.path.join(disc, b"chunks")
            if not os.path.isdir(folder):
                continue
            for name in sorted(os.listdir(folder)):
                if name[:8].isdigit() and b".tar" in name:
                    self.by_name.setdefault(name, []).append(os.path.join(folder, name))

    def with_sha256(self, name, size, sha256):
        """The first file of that name that is what the catalog says it is."""
        paths = self.by_name.get(name, [])
        for path in paths:
            if os.path.getsize(path) == size and sha256_of(path) == sha256:
                return path
        raise Trouble(f"{os.fsdecode(name)}: {'damaged' if paths else 'not on the discs given'}")

    def members(self, path):
        """Yields (name, TarInfo, open file or None) for each member in order; raises if the file was not sound to its end."""
        opened = Opened(path, self.secrets)
        try:
            try:
                with tarfile.open(
                    fileobj=opened.stream, mode="r|", encoding="utf-8", errors="surrogateescape"
                ) as tar:
                    for member in tar:
                        content = tar.extractfile(member) if member.isreg() else None
                        yield member.name.encode("utf-8", "surrogateescape"), member, content
                opened.finish()
            except (tarfile.TarError, EOFError, OSError, lzma.LZMAError) as error:
                raise Trouble(f"{os.fsdecode(path)}: {error}") from error
        finally:
            opened.close()


def places_to_discs(places):
    """A place is a disc, or a folder of discs such as a destination: itself and the folders in it."""
    for place in places:
        if not os.path.isdir(place):
            raise Trouble(f"{os.fsdecode(place)}: not a folder")
        yield place
        for name in sorted(os.listdir(place)):
            inner = os.path.join(place, name)
            if os.path.isdir(inner) and name not in (b"chunks", b".butcher"):
                yield inner


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
