"""What one contact would be sent: the production bytes, before anything is sent."""

from drumbeat.kit.errors import NotFound
from drumbeat.kit.ids import CampaignId, MailingNo
from drumbeat.kit.signing import Recipient, TokenSigner
from drumbeat.marketing.campaigns.planning import as_planned, sender_of
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.content import Addressee
from drumbeat.marketing.delivery import message_id_of

UNSENT = MailingNo(0)  # its token leads nowhere: looking at a preview is no open, no goodbye


def preview(unit: Unit, campaign_id: CampaignId, address: str, variant: int = 0) -> bytes:
    """Raises NotFound naming the contact, InvalidInput naming the variant."""
    campaign = unit.campaigns.get(campaign_id)
    contact = unit.audience.find_contact(address)
    if contact is None:
        raise NotFound(f"There is no contact {address[:320]!r}.")
    [person] = unit.audience.recipients([contact.contact_no])
    sender, keys = as_planned(sender_of(unit, campaign.brief), campaign), unit.office.keys
    mailing_no = campaign.plan.mailing_no or UNSENT
    signer = TokenSigner(keys.derive("tracking"))
    addressee = Addressee(
        to=person.address,
        fields=dict(person.fields),
        token=signer.token(Recipient(mailing_no, contact.contact_no)),
        message_id=message_id_of(mailing_no, contact.contact_no, 0, keys, sender.domain),
        date=unit.office.clock(),
    )
    return unit.content.preview(campaign.no, addressee, sender, arm=variant)
