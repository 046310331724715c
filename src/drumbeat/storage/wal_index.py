"""Whether anybody committed: the head of SQLite's WAL index, in the memory where SQLite maps it.

Every commit of any process rewrites these 48 bytes before it returns, and SQLite itself tells by
them that its pages are old. `PRAGMA data_version` reads the same at the price of two file locks.
The file must never be opened here: closing it would drop the locks that SQLite holds on it.
"""

import ctypes
import os
from pathlib import Path

_MAPS = Path("/proc/self/maps")
_SIZE = 48
_FORMAT = 3_007_000  # the only one there has been (wal.c: WALINDEX_MAX_VERSION)

Head = ctypes.Array[ctypes.c_char]


def find_head(database: Path) -> Head | None:
    """The living bytes; None where this cannot be seen, as on systems without /proc.

    Only for as long as a connection of this process to `database` stays open.
    """
    try:
        inode = str(os.stat(f"{database}-shm").st_ino)
        lines = _MAPS.read_text(errors="replace").splitlines()
    except OSError:
        return None
    starts = {start for line in lines if (start := _start(line, inode))}
    if len(starts) != 1:
        return None
    [address] = starts
    if ctypes.c_uint32.from_address(address).value != _FORMAT:
        return None
    return (ctypes.c_char * _SIZE).from_address(address)


def _start(line: str, inode: str) -> int | None:
    """Where the file's first part is mapped, if this line of the map is about that."""
    addresses, rights, offset, _, number, *name = line.split(maxsplit=5)
    wanted = number == inode and name and name[0].endswith("-shm")
    if not wanted or not rights.startswith("rw") or int(offset, 16):
        return None
    return int(addresses.partition("-")[0], 16)
