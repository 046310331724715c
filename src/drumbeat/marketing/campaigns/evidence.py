"""What the pre-send checklist is decided on: read in one unit, the mail built for a real contact.

Dear, because every variant is compiled and built: for a `look`.
"""

from dataclasses import asdict
from email import message_from_bytes, policy
from email.message import EmailMessage

from drumbeat.kit.errors import Conflict, DrumbeatError
from drumbeat.kit.ids import CampaignId, ContactNo
from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience import UNIT_ROWS
from drumbeat.marketing.campaigns.checklist import BuiltArm, Evidence, Item, Level, checklist
from drumbeat.marketing.campaigns.model import Campaign
from drumbeat.marketing.campaigns.planning import as_planned, sender_of
from drumbeat.marketing.campaigns.ports import Unit
from drumbeat.marketing.campaigns.preview import preview
from drumbeat.marketing.content import images_of

MOST_LINKS = 50
"""So many are followed: a mail that has more of them has other troubles."""


def evidence_of(unit: Unit, campaign_id: CampaignId, signed_by: tuple[str, ...]) -> Evidence:
    """`signed_by` are the domains of the keys that would sign. Raises NotFound, Conflict."""
    campaign = _planned(unit, campaign_id)
    plan, office = campaign.plan, unit.office
    sender = as_planned(sender_of(unit, campaign.brief), campaign)
    version = unit.content.version(campaign.no, plan.piece_revision)
    reader, problems, arms = _reader(unit, campaign), [], []
    for number in range(len(version.arms) if reader else 0):
        try:
            arms.append(_taken_apart(preview(unit, campaign_id, reader, number), office.public_url))
        except DrumbeatError as error:
            problems.append(str(error))
    links = _targets(unit, campaign)
    images = [images_of(arm.html) for arm in version.arms]
    return Evidence(
        audience_size=plan.audience_size or 0,
        mailable=plan.mailable or 0,
        excluded=plan.excluded,
        arms=() if problems else tuple(arms),
        seen_by=reader,
        links=tuple(link for link in links if "{" not in link)[:MOST_LINKS],
        personal_links=sum("{" in link for link in links),
        images=max(count for count, _ in images),
        images_without_alt=max(bare for _, bare in images),
        sender_email=sender.email,
        placeholders=sender.placeholders,
        real=office.real_messenger,
        dead_links=office.dead_links,
        public_url=office.public_url,
        return_path=office.return_path,
        signed_by=signed_by,
        outlook=unit.campaigns.find_look(campaign),
        problems=tuple(dict.fromkeys(problems)),
    )


def checklist_answer(unit: Unit, campaign_id: CampaignId, signed_by: tuple[str, ...]) -> JsonObject:
    """The list as every way in shows it."""
    evidence = evidence_of(unit, campaign_id, signed_by)
    items = checklist(evidence)
    return {
        "campaign_id": campaign_id,
        "verdict": _verdict(items),
        "items": [_row(item) for item in items],
        "seen_by": evidence.seen_by or None,
        "as_of": unit.office.clock().isoformat(),
        "looked_outside_at": evidence.outlook and evidence.outlook.looked_at.isoformat(),
    }


def _verdict(items: list[Item]) -> str:
    levels = {item.level for item in items}
    worst = (Level.BLOCKS, Level.WARNING, Level.NOT_CHECKED)
    return next((level.value for level in worst if level in levels), Level.OK.value)


def _row(item: Item) -> JsonObject:
    return {**asdict(item), "level": item.level.value, "details": list(item.details)}


def _planned(unit: Unit, campaign_id: CampaignId) -> Campaign:
    campaign = unit.campaigns.get(campaign_id)
    if campaign.plan.mailable is None:
        why = campaign.trouble or "its planning has not ended yet"
        raise Conflict(f"Campaign {campaign.id} cannot be checked: {why}.")
    return campaign


def _reader(unit: Unit, campaign: Campaign) -> str:
    """Somebody of the audience who may be mailed; "" if there is nobody among the first."""
    numbers = unit.audience.audience_members(campaign.brief.audience).contact_nos
    first = [ContactNo(number) for number in numbers[:UNIT_ROWS].tolist()]
    topic_no = unit.topics.get_topic(campaign.brief.topic).topic_no
    allowed = unit.audience.permissions(first, topic_no)
    readers = [no for no, permission in allowed.items() if permission.may_mail]
    return unit.audience.recipients(readers[:1])[0].address if readers else ""


def _targets(unit: Unit, campaign: Campaign) -> tuple[str, ...]:
    sender = as_planned(sender_of(unit, campaign.brief), campaign)
    revision = campaign.plan.piece_revision
    return unit.content.compile_piece(campaign.no, sender, revision=revision).links


def _taken_apart(message: bytes, public_url: str) -> BuiltArm:
    parsed = message_from_bytes(message, policy=policy.SMTPUTF8)
    assert isinstance(parsed, EmailMessage)
    html, text = _part(parsed, "html"), _part(parsed, "plain")
    leave = f"{public_url.rstrip('/')}/u/"
    post = str(parsed.get("List-Unsubscribe-Post", ""))
    header = str(parsed.get("List-Unsubscribe", ""))
    return BuiltArm(
        html_bytes=len(html.encode()),
        message_bytes=len(message),
        text=text,
        subject=str(parsed.get("Subject", "")),
        header_unsubscribe=header,
        one_click=post == "List-Unsubscribe=One-Click" and leave in header,
        link_in_html=leave in html,
        link_in_text=leave in text,
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return "" if body is None else str(body.get_content())
