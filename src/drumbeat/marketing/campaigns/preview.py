"""What one contact would be sent: the production bytes, before anything is sent or even saved."""

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import CampaignId, ContactNo, MailingNo
from drumbeat.kit.signing import TEST_OCCASION, Recipient, TokenSigner
from drumbeat.marketing.campaigns.model import Brief
from drumbeat.marketing.campaigns.planning import as_planned, sender_of, templates_of
from drumbeat.marketing.campaigns.ports import House, Unit
from drumbeat.marketing.content import Addressee, SeenDraft, see_draft
from drumbeat.marketing.delivery import message_id_of
from drumbeat.marketing.senders import Sender

UNSENT = MailingNo(0)
"""Of no mailing and, with `TEST_OCCASION`, nobody's row: looking at a preview is no open, following
its links no click, and its goodbye says no for nobody."""
NOBODY = ContactNo(0)
NOBODYS_ADDRESS = "somebody@example.invalid"


def preview(unit: Unit, campaign_id: CampaignId, address: str, variant: int = 0) -> bytes:
    """Raises NotFound naming the contact, InvalidInput naming the variant."""
    campaign = unit.campaigns.get(campaign_id)
    sender = as_planned(sender_of(unit, campaign.brief), campaign)
    addressee = _addressee(unit, address, sender)
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
        addressee = _addressee(unit, address, sender)
    arms = templates_of(brief, sender)
    return see_draft(arms, context, addressee, arm=variant, known_fields=known)


def _addressee(unit: Unit, address: str | None, sender: Sender) -> Addressee:
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
        token=TokenSigner(keys.derive("tracking")).token(Recipient(UNSENT, number, TEST_OCCASION)),
        message_id=message_id_of(UNSENT, number, TEST_OCCASION, keys, sender.domain),
        date=unit.office.clock(),
    )
