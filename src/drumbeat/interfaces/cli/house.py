"""Where a command is carried out: the named server, the local one, or the folder opened here."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drumbeat.bootstrap.settings import Settings, read_settings
from drumbeat.interfaces.local import SOCKET, answers, local_app, socket_of
from drumbeat.interfaces.sdk import Client


@contextmanager
def client(settings: Settings | None = None) -> Iterator[Client]:
    """A client of DRUMBEAT_URL, else of the local server, else of the folder opened in process."""
    settings = settings or read_settings()
    local = socket_of(settings.home)
    if settings.url:
        yield from _closing(Client.of_server(settings.url, settings.api_key))
    elif answers(local):
        yield from _closing(Client.of_socket(local))
    else:
        with _opened_here(settings) as client:
            yield client


def _closing(client: Client) -> Iterator[Client]:
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _opened_here(settings: Settings) -> Iterator[Client]:
    """The same application on a socket that only this process knows."""
    import uvicorn

    from drumbeat.bootstrap import open_drumbeat

    drumbeat = open_drumbeat(settings)
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
        path = Path(folder) / SOCKET
        config = uvicorn.Config(local_app(drumbeat), uds=str(path), log_level="error")
        server = uvicorn.Server(config)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen()
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        client = Client.of_socket(path)
        try:
            yield client
        finally:
            client.close()
            server.should_exit = True
            thread.join()
            listening.close()
            drumbeat.close()
