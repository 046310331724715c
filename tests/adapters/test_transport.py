"""The limit on every wait: silence ends it, a server that is still taking bytes does not."""

import asyncio
from collections.abc import Iterable

import pytest

from drumbeat.adapters.messengers.smtp.protocol import Say
from drumbeat.adapters.messengers.smtp.wire import Lost, Wire
from tests.adapters.post import run


class Pipe(asyncio.Transport):
    """A socket whose send buffer empties as the script says, and which never answers."""

    def __init__(self, unsent: list[int]) -> None:
        super().__init__()
        self.unsent = unsent
        self.aborted = False

    def writelines(self, list_of_data: Iterable[object]) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.unsent.pop(0)

    def abort(self) -> None:
        self.aborted = True


def test_time_runs_out_only_when_nothing_moves() -> None:
    async def main() -> Pipe:
        wire, pipe = Wire(), Pipe([90, 40, 7, 0, 0])
        wire.connection_made(pipe)
        with pytest.raises(Lost, match=r"did not answer within 0\.01 s"):
            await wire.ask(Say((b"body",), awaited="acceptance"), 0.01)
        return pipe

    pipe = run(main)
    assert pipe.aborted
    assert pipe.unsent == []
