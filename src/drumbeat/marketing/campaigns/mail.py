"""The campaign's mail, compiled: the one road to the bytes, for preview, links and engine alike."""

from drumbeat.kit.errors import NotFound
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.content import CompiledEmails
from drumbeat.marketing.delivery import Mailing


def compile_mailing(unit: Unit, mailing: Mailing) -> CompiledEmails:
    """What a mailing says, by the revision that was approved. Dear: never in a writing unit."""
    if mailing.campaign_no is None:
        raise NotFound(f"Mailing {mailing.mailing_no} belongs to no campaign.")
    sender = unit.senders.resolve(mailing.sender_name, mailing.sender_email)
    revision = mailing.piece_revision
    return unit.content.compile_piece(mailing.campaign_no, sender, revision=revision)
