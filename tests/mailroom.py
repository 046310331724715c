"""A house whose mail leaves by real SMTP to a server in this process that keeps every byte."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from drumbeat.bootstrap import Drumbeat, Settings, open_drumbeat
from drumbeat.marketing.senders.dkim import Algorithm, SigningKey, generate, read_pem
from tests.conftest import HandClock

DOMAIN = "shop.example"


@dataclass
class Mailroom:
    """What arrived, dots undoubled, by envelope recipient."""

    arrived: list[tuple[str, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.arrived.extend((str(to), envelope.content) for to in envelope.rcpt_tos)
        return "250 2.0.0 Ok"

    def to(self, address: str) -> bytes:
        [message] = [content for to, content in self.arrived if to == address]
        return message


@contextmanager
def mailing_house(
    folder: Path, clock: HandClock, **more: str
) -> Iterator[tuple[Drumbeat, Mailroom]]:
    """With a real sender; `more` are further settings."""
    mailroom = Mailroom()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailroom, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    settings = Settings(
        folder / "home",
        folder / "keys" / "key",
        messenger="smtp",
        smtp_url=f"smtp://127.0.0.1:{port}?connections=2&starttls=0",
        sender_email=f"news@{DOMAIN}",
        sender_name="The Shop",
        postal_address="5 Market Lane, Ghent",
        **more,  # type: ignore[arg-type]  # all are text
    )
    house = open_drumbeat(settings, clock)
    try:
        yield house, mailroom
    finally:
        house.close()
        controller.stop()


def written_keys(folder: Path, *kinds: Algorithm) -> tuple[dict[str, str], list[SigningKey]]:
    """Key files, the settings that name them, and the keys."""
    keys = []
    for kind in kinds:
        content = generate(kind)
        (folder / f"{kind}.pem").write_bytes(content)
        keys.append(SigningKey(DOMAIN, f"{kind}26", read_pem(content, named="it", field="key")))
    told = {
        "dkim_domain": DOMAIN,
        "dkim_selector": ",".join(f"{kind}26" for kind in kinds),
        "dkim_key_file": ",".join(str(folder / f"{kind}.pem") for kind in kinds),
    }
    return told, keys
