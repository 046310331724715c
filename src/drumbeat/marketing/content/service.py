"""Content's use cases: keep what was checked, answer what is current, show what will be sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock
from drumbeat.kit.ids import CampaignNo, new_id
from drumbeat.marketing.content.compile import (
    Addressee,
    CompiledEmails,
    MailContext,
    compile_emails,
)
from drumbeat.marketing.content.model import CheckedEmails, MailSender, PieceVersion
from drumbeat.marketing.content.rules import content_hash, no_such_variant
from drumbeat.storage.kept import Kept

if TYPE_CHECKING:
    from drumbeat.marketing.content.store import ContentStore

_FOR_EVER = 0  # equal words and an equal context make equal bytes, whenever they are asked for


@dataclass(frozen=True)
class ContentService:
    actor: Actor
    store: "ContentStore"
    clock: Clock
    public_url: str
    compiled: Kept
    hidden_link: bool = True

    def save_email(self, campaign_no: CampaignNo, checked: CheckedEmails) -> PieceVersion:
        """Keep the arms as the campaign's newest version; equal content makes no new one."""
        self.actor.require(Scope.CONTENT_WRITE)
        last = self.store.find(campaign_no)
        digest = content_hash(checked.arms)
        if last is not None and last.content_hash == digest:
            return last
        now = self.clock()
        number, piece_id = self.store.piece_of(campaign_no, new_id("pcs", now))
        revision = last.revision + 1 if last else 1
        version = PieceVersion(number, piece_id, campaign_no, revision, checked.arms, digest, now)
        self.store.add(version)
        return version

    def version(self, campaign_no: CampaignNo, revision: int | None = None) -> PieceVersion:
        """That version of the campaign's email, or the newest. Raises NotFound."""
        self.actor.require(Scope.CONTENT_READ)
        return self.store.get(campaign_no, revision)

    def mail_context(self, sender: MailSender) -> MailContext:
        """What is the same for all messages of this sender."""
        return MailContext(
            public_url=self.public_url,
            list_id=sender.list_id,
            list_name=sender.name,
            postal_address=sender.postal_address,
            domain=sender.domain,
            hidden_link=self.hidden_link,
        )

    def compile_piece(
        self, campaign_no: CampaignNo, sender: MailSender, *, revision: int | None = None
    ) -> CompiledEmails:
        """One version (the newest by default) as it will be sent; for a `look`, since it takes
        a while. Raises NotFound, InvalidInput."""
        self.actor.require(Scope.CONTENT_READ)
        version, context = self.store.get(campaign_no, revision), self.mail_context(sender)
        asked = (version.content_hash, context)
        return self.compiled.get(asked, _FOR_EVER, lambda: compile_emails(version.arms, context))

    def preview(
        self, campaign_no: CampaignNo, addressee: Addressee, sender: MailSender, *, arm: int = 0
    ) -> bytes:
        """The bytes that `addressee` would be sent. Raises NotFound, InvalidInput(field="arm")."""
        arms = self.compile_piece(campaign_no, sender).arms
        if not 0 <= arm < len(arms):
            raise no_such_variant(len(arms), field="arm")
        return arms[arm].build(
            to=addressee.to,
            fields=addressee.fields,
            token=addressee.token,
            message_id=addressee.message_id,
            date=addressee.date,
        )
