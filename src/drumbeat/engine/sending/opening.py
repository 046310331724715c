"""Which carrier, pace, letters and people the engine of an open folder works with."""

from collections.abc import Sequence

from drumbeat.bootstrap import Drumbeat
from drumbeat.engine.sending.engine import SendingEngine
from drumbeat.engine.sending.letters import Letter
from drumbeat.kit.actor import GATEKEEPER, SYSTEM_SENDING, Actor
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import CampaignNo
from drumbeat.marketing.delivery import Mailing
from drumbeat.marketing.senders import require_real
from drumbeat.storage.leases import holder_name


def open_sending_engine(drumbeat: Drumbeat) -> SendingEngine:
    """This process's engine, under a name that no later process has."""

    def letters_of(mailing: Mailing) -> Sequence[Letter]:
        with drumbeat.look(SYSTEM_SENDING) as department:
            sender = department.senders.resolve(mailing.sender_name, mailing.sender_email)
            if drumbeat.carrier.name != "sandbox":
                require_real(sender)
            number, revision = CampaignNo(mailing.campaign_no or 0), mailing.piece_revision
            return department.content.compile_piece(number, sender, revision=revision).arms

    def actor_for(mailing: Mailing) -> Actor | None:
        with drumbeat.look(GATEKEEPER) as department:
            try:
                return department.accounts.actor_of(mailing.decided_by)
            except NotFound:
                return None

    return SendingEngine(
        drumbeat,
        drumbeat.carrier,
        name=holder_name().replace(":", "-"),
        folder=drumbeat.home / "wire",
        letters_of=letters_of,
        actor_for=actor_for,
        pace=drumbeat.pace,
    )
