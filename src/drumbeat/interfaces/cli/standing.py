"""Whether anybody works on this data folder, for commands that need it to themselves."""

from drumbeat.bootstrap.settings import Settings
from drumbeat.interfaces.local import answers, socket_of
from drumbeat.kit.errors import Conflict


def refuse_while_running(settings: Settings, what: str) -> None:
    """Raises Conflict naming what runs: the local server, or an engine by its wire log's lock."""
    from drumbeat.engine.sending.wire_log import Sign, log_of

    if answers(socket_of(settings.home)):
        raise Conflict(f"A server runs for {settings.home}: stop it to {what}.")
    for path in sorted((settings.home / "wire").glob("*.wire")):
        with log_of(path) as sign:
            if sign is Sign.LIVING:
                message = f"A worker runs for {settings.home} ({path.stem}): stop it to {what}."
                raise Conflict(message)
