"""An SMTP server that counts what arrives whole, and can act in the middle of a message."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Postbox:
    """`at` calls something when so many have arrived, before that message is answered."""

    arrived: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    at: dict[int, Callable[[], None]] = field(default_factory=dict)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.arrived.update(envelope.rcpt_tos)
        self.order.extend(envelope.rcpt_tos)
        act = self.at.pop(len(self.order), None)
        if act is not None:
            act()
        return "250 2.0.0 Ok"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def listening(postbox: Postbox, port: int) -> Iterator[None]:
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()
