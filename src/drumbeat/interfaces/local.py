"""The private way in: the socket in the data folder, and REST for whoever may open the folder."""

import hashlib
import os
import socket
import stat
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drumbeat.kit.errors import Conflict

if TYPE_CHECKING:
    from drumbeat.bootstrap import Drumbeat

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SOCKET = "drumbeat.sock"
LONGEST_NAME = 107
"""Bytes that the name of a socket may have (sun_path in unix(7))."""


def socket_of(home: Path) -> Path:
    """Where the folder's server listens: in the folder, or, if its name is too long, elsewhere.

    Elsewhere is a folder of this user's alone, so nobody else can listen in its place. Raises
    Conflict if somebody else holds that one.
    """
    path = home / SOCKET
    if len(os.fsencode(path)) <= LONGEST_NAME:
        return path
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")
    folder = runtime / f"drumbeat-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Conflict(
            f"{path} is too long for a socket, and {folder} is not this user's alone: use a "
            "shorter DRUMBEAT_HOME."
        )
    name = hashlib.blake2b(os.fsencode(home), digest_size=12).hexdigest()
    return folder / f"{name}.sock"


def local_app(drumbeat: "Drumbeat") -> App:
    """REST as the folder's owner."""
    from drumbeat.interfaces.api import create_api

    return create_api(drumbeat, trusted=True)


def answers(path: Path) -> bool:
    """Whether somebody listens on this socket: a killed server leaves its file behind."""
    if not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
