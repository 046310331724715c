"""The sandbox: real SMTP on loopback into a mailbox anybody can read, and nobody else gets.

The carrier is the same as for a real provider, over a real socket; only the server is ours. It
says 250 after the mail is committed, many mails to a commit.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumbeat.adapters.messengers.sandbox_server import SandboxServer
from drumbeat.adapters.messengers.smtp import SmtpCarrier, SmtpServer
from drumbeat.kit.clock import Clock, utc_now
from drumbeat.marketing.delivery.ports import Parcel, Receipts, SandboxMail
from drumbeat.storage.mail_folder import MailFolder, StoredMail

# Each connection waits for its own commit, so as many mails share one as there are connections.
CONNECTIONS = 32


@dataclass(frozen=True)
class SandboxCarrier:
    """Starts the sandbox's server for as long as it carries. Not idempotent, like the real one."""

    folder: MailFolder
    clock: Clock = utc_now
    connections: int = CONNECTIONS
    name: str = "sandbox"
    idempotent: bool = False

    async def carry(self, parcels: AsyncIterator[Parcel], receipts: Receipts) -> None:
        async with SandboxServer(self.folder, self.clock) as server:
            address = SmtpServer("127.0.0.1", server.port, connections=self.connections)
            await SmtpCarrier(address, name=self.name).carry(parcels, receipts)


@dataclass(frozen=True)
class SandboxInbox:
    """What has arrived, newest first (`marketing.delivery.ports.SandboxInbox`)."""

    folder: MailFolder

    def list_(
        self, limit: int, before_no: int | None = None, to: str | None = None
    ) -> Sequence[SandboxMail]:
        return [_mail(m) for m in self.folder.list_(limit, before_no=before_no, to=to)]

    def arrivals(self, after_no: int, limit: int) -> Sequence[SandboxMail]:
        """Oldest first, for a reader that keeps up, such as the simulated market."""
        return [_mail(m) for m in self.folder.arrivals(after_no, limit)]

    def get(self, no: int) -> SandboxMail:
        return _mail(self.folder.get(no))

    def forget(self, to: str) -> int:
        """Remove all mail to one address; answers how many there were."""
        return self.folder.remove(to)

    def count(self) -> int:
        return self.folder.count()


def open_mail_folder(home: Path, key: bytes) -> MailFolder:
    """The sandbox's mail of one data folder."""
    return MailFolder(home / "sandbox.db", key)


def _mail(stored: StoredMail) -> SandboxMail:
    return SandboxMail(
        no=stored.no,
        received_at=stored.received_at,
        sender=stored.sender,
        recipient=stored.recipient,
        subject=stored.subject,
        message_id=stored.message_id,
        raw=stored.raw,
    )
