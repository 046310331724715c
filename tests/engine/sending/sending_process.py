"""A sending engine in a process of its own, to be killed: HOME KEY_FILE SMTP_URL."""

import sys
from pathlib import Path

from drumbeat.adapters.messengers.smtp import SmtpCarrier, parse_smtp_url
from drumbeat.bootstrap import open_folder
from drumbeat.engine.sending import SendingEngine
from drumbeat.storage.leases import holder_name
from tests.engine.sending.cast import PlainLetter, maria


def send(home: Path, key_file: Path, smtp_url: str) -> None:
    house = open_folder(home, key_file)
    engine = SendingEngine(
        house,
        SmtpCarrier(parse_smtp_url(smtp_url)),
        name=holder_name().replace(":", "-"),
        folder=home / "wire",
        letters_of=lambda mailing: [PlainLetter("A"), PlainLetter("B")],
        actor_for=maria,
    )
    engine.run_until_idle()
    engine.close()
    house.close()


if __name__ == "__main__":
    send(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
