"""A sending engine in a process of its own, to be killed: HOME KEY_FILE SMTP_URL [DATABASE_URL].

Every letter names the process that sent it.
"""

import os
import sys
from pathlib import Path

from drumbeat.adapters.messengers.smtp import SmtpCarrier, parse_smtp_url
from drumbeat.bootstrap import open_folder
from drumbeat.engine.sending import SendingEngine
from drumbeat.storage.leases import holder_name
from tests.engine.sending.cast import PlainLetter, maria


def send(home: Path, key_file: Path, smtp_url: str, database_url: str | None = None) -> None:
    house = open_folder(home, key_file, database_url=database_url)
    words = f"sent by {os.getpid()}"
    engine = SendingEngine(
        house,
        SmtpCarrier(parse_smtp_url(smtp_url)),
        name=holder_name().replace(":", "-"),
        folder=home / "wire",
        letters_of=lambda mailing: [PlainLetter(words), PlainLetter(words)],
        actor_for=maria,
    )
    engine.run_until_idle()
    engine.close()
    house.close()


if __name__ == "__main__":
    send(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
