"""What one contact would be sent: the production bytes, before anything is sent or even saved."""

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import CampaignId, ContactNo, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.campaigns.model import Brief
from drumbeat.marketing.campaigns.planning import as_planned, sender_of, templates_of
from drumbeat.marketing.campaigns.ports import House, Unit
from drumbeat.marketing.content import Addressee, SeenDraft, see_draft
from drumbeat.marketing.delivery import message_id_of
from drumbeat.marketing.senders import Sender

UNSENT = MailingNo(0)  # its token leads nowhere: looking at a preview is no open, no goodbye
NOBODY = ContactNo(0)
NOBODYS_ADDRESS = "somebody@example.invalid"


def preview(unit: Unit, campaign_id: CampaignId, address: str, variant: int = 0) -> bytes:
    """Raises NotFound naming the contact, InvalidInput naming the variant."""
    campaign = unit.campaigns.get(campaign_id)
    sender = as_planned(sender_of(unit, campaign.brief), campaign)
    mailing_no = campaign.plan.mailing_no or UNSENT
    addressee = _addressee(unit, address, sender, mailing_no)
    return unit.content.preview(campaign.no, addressee, sender, arm=variant)


def preview_draft(
    house: House, actor: Actor, brief: Brief, address: str | None, variant: int = 0
) -> SeenDraft:
    """What a contact would be sent if `brief` were saved; nothing is. Rendered in a child process.

    Without an address it is somebody of whom nothing is known. Raises NotFound naming the contact,
    InvalidInput naming field and line.
    """
    actor.require(Scope.CONTENT_WRITE)
    with house.look(actor) as unit:
        sender = sender_of(unit, brief)
        context = unit.content.mail_context(sender)
        known = unit.audience.known_fields() | {"cta_button"}
        addressee = _addressee(unit, address, sender, UNSENT)
    arms = templates_of(brief, sender)
    return see_draft(arms, context, addressee, arm=variant, known_fields=known)


def _addressee(unit: Unit, address: str | None, sender: Sender, mailing_no: MailingNo) -> Addressee:
    keys = unit.office.keys
    number, to, fields = NOBODY, NOBODYS_ADDRESS, dict[str, object]()
    if address is not None:
        contact = unit.audience.find_contact(address)
        if contact is None:
            raise NotFound(f"There is no contact {address[:320]!r}.")
        [person] = unit.audience.recipients([contact.contact_no])
        number, to, fields = contact.contact_no, person.address, dict(person.fields)
    return Addressee(
        to=to,
        fields=fields,
        token=TokenSigner(keys.derive("tracking")).token(Recipient(mailing_no, number)),
        message_id=message_id_of(mailing_no, number, 0, keys, sender.domain),
        date=unit.office.clock(),
    )
