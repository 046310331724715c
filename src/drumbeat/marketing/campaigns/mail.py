"""The campaign's mail, compiled: the one road to the bytes, for preview, links and engine alike."""

from drumbeat.kit.errors import NotFound
from drumbeat.marketing.campaigns.answer_mail import compile_answer_mailing
from drumbeat.marketing.campaigns.planning import approved_sender
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.campaigns.rules import check_messenger
from drumbeat.marketing.content import CompiledEmails
from drumbeat.marketing.delivery import TRANSACTIONAL, Mailing


def compile_mailing(unit: Unit, mailing: Mailing) -> CompiledEmails:
    """What a mailing says, by the revision that was approved. Dear: never in a writing unit.

    Raises Conflict if it was approved for the sandbox and would leave the house, or the other way
    round; InvalidInput for a placeholder sender that a real server would get.
    """
    if mailing.kind == TRANSACTIONAL:
        return compile_answer_mailing(unit, mailing)
    if mailing.campaign_no is None:
        raise NotFound(f"Mailing {mailing.mailing_no} belongs to no campaign.")
    campaign = unit.campaigns.get_by_no(mailing.campaign_no)
    check_messenger(campaign, real=unit.office.real_messenger)
    sender = approved_sender(unit, campaign)
    return unit.content.compile_piece(campaign.no, sender, revision=mailing.piece_revision)
