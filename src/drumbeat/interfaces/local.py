"""The private way in: the socket in the data folder, and REST for whoever may open the folder."""

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drumbeat.bootstrap import Drumbeat

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SOCKET = "drumbeat.sock"


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
