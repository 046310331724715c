"""A Postfix of the tests' own: its configuration, queue and log in one folder, on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Ports = Mapping[str, int]
NOBODY = 65534
PROGRAM = "/usr/sbin/postfix"

_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{far} inet n - n - - smtpd
  -o myhostname=mx.far.example
  -o smtpd_recipient_restrictions=check_recipient_access,texthash:{folder}/etc/far
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    folder: Path
    port: int

    def mails_of(self, box: str) -> list[bytes]:
        """What was delivered into a mailbox (a Maildir)."""
        found = sorted((self.folder / "mail" / box / "new").glob("*"))
        return [path.read_bytes() for path in found]

    def flush(self) -> None:
        """Try everything in the queue again, now."""
        self._run("flush")

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def set(self, name: str, value: str) -> None:
        """Change a setting of the running server."""
        with (self.folder / "etc" / "main.cf").open("a") as file:
            file.write(f"{name} = {value}\n")
        self._run("reload")

    def start(self) -> None:
        self._run("start")

    def stop(self) -> None:
        self._run("abort", check=False)

    def _run(self, verb: str, *, check: bool = True) -> None:
        command = [PROGRAM, "-c", str(self.folder / "etc"), verb]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 or not check, done.stderr + self.log()


def missing() -> str:
    """Why there can be no Postfix here; "" if there can."""
    if not Path(PROGRAM).exists():
        return "postfix is not installed"
    return "" if os.geteuid() == 0 else "postfix needs root to change to its own user"


@contextmanager
def postfix(
    boxes: Mapping[str, str], *, far: Mapping[str, str] | None = None, routes: Ports | None = None
) -> Iterator[Postfix]:
    """Runs until the block ends.

    `boxes` names the Maildir of an address, or the answer ("550 …") that the server gives to it at
    once. `far` has the answers of the server that mail is handed on to: those come back as bounces.
    `routes` names, by domain, the port on this machine that its mail is handed on to.
    """
    folder = Path(tempfile.mkdtemp(prefix="pf-"))
    folder.chmod(0o755)
    server = Postfix(folder, free_port())
    try:
        _write(server, boxes, far or {}, routes or {})
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(
    server: Postfix, boxes: Mapping[str, str], far: Mapping[str, str], routes: Ports
) -> None:
    folder = server.folder
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix", "postfix")
    os.chown(folder / "mail", NOBODY, NOBODY)
    refused = {to: answer for to, answer in boxes.items() if answer[:1] == "5"}
    kept = {to: f"{box}/" for to, box in boxes.items() if to not in refused}
    far_port = free_port()
    ports = dict(routes) | {to.partition("@")[2]: far_port for to in far}
    hops = {domain: f"smtp:[127.0.0.1]:{port}" for domain, port in ports.items()}
    tables = {"transport": hops, "refused": refused, "far": far, "boxes": kept}
    for name, table in tables.items():
        lines = [f"{key} {value}\n" for key, value in table.items()]
        (folder / "etc" / name).write_text("".join(lines))
    domains = sorted({to.partition("@")[2] for to in boxes})
    services = _SERVICES.format(port=server.port, far=far_port, folder=folder)
    (folder / "etc" / "master.cf").write_text(services)
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": folder / "log",
        "maillog_file_prefixes": folder.parent,
        "myhostname": "mx.relay.example",
        "mydestination": "",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "smtpd_peername_lookup": "no",
        "smtp_dns_support_level": "disabled",
        "smtpd_relay_restrictions": "permit_mynetworks,reject",
        "smtpd_recipient_restrictions": f"check_recipient_access texthash:{folder}/etc/refused",
        "recipient_delimiter": "+",
        "transport_maps": f"texthash:{folder}/etc/transport",
        "virtual_mailbox_domains": " ".join(domains),
        "virtual_mailbox_base": folder / "mail",
        "virtual_mailbox_maps": f"texthash:{folder}/etc/boxes",
        "virtual_uid_maps": f"static:{NOBODY}",
        "virtual_gid_maps": f"static:{NOBODY}",
        "delay_warning_time": "1s",
        "minimal_backoff_time": "1s",
        "queue_run_delay": "1s",
        "notify_classes": "",
    }
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    (folder / "etc" / "main.cf").write_text("".join(lines))


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
