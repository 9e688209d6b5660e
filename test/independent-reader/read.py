"""Restores one backup of a butcher set, written from docs/format.md alone.

    python3 read.py [--passphrase-file F] [--private-key F] [--at N] [--chunks-only] DISC_OR_FOLDER... OUT

It shares no code with butcher: what both bring back the same way, the specification says well enough. Needs Python 3 and,
where they were used, gpg and zstd.
"""

import argparse
import os
import shutil
import sys
import tempfile

from catalog import newest_catalog, plan_from_catalog
from chunks import Chunks, Secrets, Trouble, places_to_discs
from manifests import plan_from_manifests, told_by_chunks
from restore import restore


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--passphrase-file")
    parser.add_argument("--private-key", help="an exported OpenPGP private key")
    parser.add_argument("--at", type=int, help="the number of the backup; the newest without it")
    parser.add_argument("--chunks-only", action="store_true", help="take no catalog, only what the chunks say themselves")
    parser.add_argument("places", nargs="+", metavar="DISC_OR_FOLDER")
    parser.add_argument("out")
    options = parser.parse_args()

    work = tempfile.mkdtemp(prefix="reader-").encode()
    secrets = Secrets(os.path.join(os.fsdecode(work), "gnupg"), options.passphrase_file, options.private_key)
    try:
        discs = list(places_to_discs([os.fsencode(place) for place in options.places]))
        chunks = Chunks(discs, secrets)
        if options.chunks_only:
            plan = plan_from_manifests(told_by_chunks(chunks), options.at)
        else:
            plan = plan_from_catalog(newest_catalog(discs, secrets, work), options.at, chunks)
        restore(plan, chunks, os.fsencode(options.out), work)
    except Trouble as trouble:
        sys.exit(f"error: {trouble}")
    finally:
        secrets.close()
        shutil.rmtree(work, ignore_errors=True)  # gpg-agent removes its sockets, too


main()
