"""A Dovecot of the tests' own: IMAP over Maildirs in one folder, on loopback."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.postfix import NOBODY, free_port

PROGRAM = "/usr/sbin/dovecot"
USER = "bounces"
PASSWORD = "s3cret & möre @"

_SETTINGS = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 1
mail_location = maildir:{mail}/%u
ssl = {tls}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={mail}/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """`mail` holds a Maildir for every user."""

    folder: Path
    mail: Path
    port: int
    tls_port: int

    def add(self, user: str, raw: bytes) -> None:
        """Deliver one mail, as a mail server would."""
        box = self.mail / user
        for name in ("tmp", "new", "cur"):
            (box / name).mkdir(parents=True, exist_ok=True)
        number = len(list((box / "new").iterdir())) + len(list((box / "cur").iterdir()))
        path = box / "tmp" / f"{number:08d}.{os.urandom(4).hex()}.test"
        path.write_bytes(raw)
        for each in (box, *box.iterdir(), path):
            os.chown(each, NOBODY, NOBODY)
        path.rename(box / "new" / path.name)

    def flags(self, user: str) -> list[str]:
        """The flags of every mail there is, such as "S" for seen."""
        found = [*(self.mail / user / "new").iterdir(), *(self.mail / user / "cur").iterdir()]
        return sorted(path.name.partition(":2,")[2] for path in found)


def missing() -> str:
    """Why there can be no Dovecot here; "" if there can."""
    if not Path(PROGRAM).exists():
        return "dovecot is not installed"
    return "" if os.geteuid() == 0 else "dovecot needs root to change to its own users"


@contextmanager
def dovecot(mail: Path | None = None, pem: Path | None = None) -> Iterator[Dovecot]:
    """Runs until the block ends; `mail` are the Maildirs of somebody else, such as Postfix."""
    folder = Path(tempfile.mkdtemp(prefix="dc-"))  # short: sockets lie in it
    folder.chmod(0o755)
    process = None
    try:
        server = Dovecot(folder, mail or folder / "mail", free_port(), free_port())
        server.mail.mkdir(exist_ok=True)
        os.chown(server.mail, NOBODY, NOBODY)
        _write(server, pem)
        process = subprocess.Popen(
            [PROGRAM, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL
        )
        _wait_for(server, process)
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _write(server: Dovecot, pem: Path | None) -> None:
    settings = _SETTINGS.format(
        folder=server.folder,
        mail=server.mail,
        uid=NOBODY,
        port=server.port,
        tls_port=server.tls_port if pem else 0,
        tls="no" if pem is None else f"yes\nssl_cert = <{pem}\nssl_key = <{pem}",
    )
    (server.folder / "dovecot.conf").write_text(settings)
    (server.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")


def _wait_for(server: Dovecot, process: "subprocess.Popen[bytes]") -> None:
    import socket

    ends = monotonic() + 30
    while monotonic() < ends and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
    log = server.folder / "log"
    raise AssertionError(log.read_text() if log.exists() else "Dovecot did not start")
